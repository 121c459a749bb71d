"""How each language writes the operations: one file a language, each a ``Renderer``."""

from graftwork.data.problems.renderers.java import JAVA
from graftwork.data.problems.renderers.javascript import JAVASCRIPT
from graftwork.data.problems.renderers.php import PHP
from graftwork.data.problems.renderers.python import PYTHON
from graftwork.data.problems.renderers.renderer import Renderer
from graftwork.data.problems.renderers.ruby import RUBY

__all__ = ["RENDERERS", "Renderer"]

RENDERERS: dict[str, Renderer] = {renderer.language: renderer for renderer in (PYTHON, JAVASCRIPT, RUBY, PHP, JAVA)}
