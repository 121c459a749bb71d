"""How each language writes the operations: one file a language, each a ``Renderer``."""

from graftwork.data.problems.renderers.cpp import CPP
from graftwork.data.problems.renderers.go import GO
from graftwork.data.problems.renderers.java import JAVA
from graftwork.data.problems.renderers.javascript import JAVASCRIPT
from graftwork.data.problems.renderers.php import PHP
from graftwork.data.problems.renderers.python import PYTHON
from graftwork.data.problems.renderers.renderer import Parameter, Renderer
from graftwork.data.problems.renderers.ruby import RUBY
from graftwork.data.problems.renderers.rust import RUST
from graftwork.data.problems.renderers.typescript import TYPESCRIPT

__all__ = ["RENDERERS", "Parameter", "Renderer"]

RENDERERS: dict[str, Renderer] = {
    renderer.language: renderer for renderer in (PYTHON, JAVASCRIPT, RUBY, PHP, JAVA, TYPESCRIPT, GO, RUST, CPP)
}
