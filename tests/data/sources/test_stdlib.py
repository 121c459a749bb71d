from graftwork.data.sources.stdlib import stdlib_files
from graftwork.languages import get_language


def test_the_library_is_listed_without_what_is_installed_into_it() -> None:
    origins = [file.origin for file in stdlib_files(get_language("python"))]
    assert "stdlib:json/decoder.py" in origins
    assert not any("site-packages/" in origin for origin in origins)
    assert origins == sorted(origins)
