import pytest

from scripts.figures import figures, filled, pages
from tests.conftest import ROOT


@pytest.mark.parametrize("page", [page.relative_to(ROOT).as_posix() for page in pages()])
def test_a_page_quotes_what_was_measured(page: str) -> None:
    text = (ROOT / page).read_text()
    assert filled(text, figures()) == text, "run `make figures`"


def test_a_figure_that_nobody_measures_is_an_error() -> None:
    with pytest.raises(KeyError, match="speed-of-light"):
        filled("<!-- figure speed-of-light -->1<!-- / -->", figures())
