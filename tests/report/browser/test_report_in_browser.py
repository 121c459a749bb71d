"""What readers do with the report."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests.report.browser.conftest import Visit
from tests.report.synthetic import HOSTILE


def column(table: Locator, number: int) -> list[str]:
    return table.locator(f"tbody tr > :nth-child({number})").all_inner_texts()


def table_of(page: Page, caption: str) -> Locator:
    return page.locator("table.data", has=page.locator(f"caption#{caption}"))


def choose(page: Page, facet: str, *values: str) -> None:
    page.locator(f".facet[data-of={facet}] summary").click()
    for value in values:
        page.get_by_role("checkbox", name=value, exact=True).check()
    page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_open_without_a_complaint_in_both_modes(opened: Page, scheme: str) -> None:
    opened.emulate_media(color_scheme=scheme)
    light = opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    opened.emulate_media(color_scheme="light")
    assert light == (scheme == "light")
    assert opened.locator("#browser article").count() == 5


def test_a_click_sorts_up_down_and_back(opened: Page) -> None:
    table = table_of(opened, "glance")
    heading = table.get_by_role("columnheader").nth(2)
    before = column(table, 3)
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    numbers = [float(text.split("±")[0].replace("−", "-")) for text in column(table, 3)[:-1]]
    assert numbers == sorted(numbers)
    assert column(table, 3)[-1] == "–"
    heading.get_by_role("button").click()
    assert [float(text.split("±")[0].replace("−", "-")) for text in column(table, 3)[:-1]] == numbers[::-1]
    heading.get_by_role("button").click()
    assert (column(table, 3), heading.get_attribute("aria-sort")) == (before, None)


def test_numbers_sort_by_what_they_say(opened: Page) -> None:
    texts = [
        "2\u00a0h 05\u00a0min",
        "3\u00a0min 20\u00a0s",
        "−1.2 ± 0.3",
        "1.2\u00a0M",
        "3.4 MB",
        "12,345",
        "1.2e-05",
        "3 of 15",
        "x",
    ]
    found = opened.evaluate("texts => texts.map(numberIn)", texts)
    assert found == [7500, 200, -1.2, 1.2e6, 3.4e6, 12345, 1.2e-05, 3, None]


def test_rows_that_are_equal_stay_in_their_order(opened: Page) -> None:
    table = table_of(opened, "glance")
    table.get_by_role("button", name="Approach").click()
    table.get_by_role("button", name="Isolated").click()
    proven = [name for name, word in zip(column(table, 1), column(table, 7 + 1)) if word == "yes, proven"]
    for _ in range(2):  # down, and back to the order of the study
        table.get_by_role("button", name="Isolated").click()
    assert len(proven) > 1
    assert proven == sorted(proven)


def test_the_filter_bar_acts_on_tables_charts_and_the_address(opened: Page) -> None:
    page = opened
    choose(page, "approach", "lora", "hybrid")
    choose(page, "subset", "generated")
    assert page.evaluate("location.hash") == "#?approach=lora,hybrid&subset=generated"
    glance = table_of(page, "glance")
    assert glance.locator("tbody th:visible").all_inner_texts() == ["untouched base", "lora", "hybrid"]
    assert not any("mined" in text for text in glance.locator("thead th:visible").all_inner_texts())
    assert page.locator("#progress figure:visible figcaption").all_inner_texts() == [
        "python, generated: exact match",
        "javascript, generated: exact match",
    ]
    pale = page.eval_on_selector_all("#cost [data-series].pale", "all => [...new Set(all.map(e => e.dataset.series))]")
    assert sorted(pale) == ["1", "3", "4"]
    page.get_by_role("button", name="Show all").click()
    assert glance.locator("tbody tr:visible").count() == 6


def test_an_address_makes_its_choice_again(visit: Visit, built: Path) -> None:
    page = visit(built, "#cost?approach=lora&compare=hybrid,sequential")
    assert table_of(page, "cost-table").locator("tbody th:visible").all_inner_texts() == ["lora"]
    assert page.locator("#duel-differences").inner_text() == "hybrid less sequential"
    page.locator("nav a", has_text="Data").click()
    page.wait_for_function("location.hash.startsWith('#data?')")
    assert table_of(page, "cost-table").locator("tbody tr:visible").count() == 1


def test_two_approaches_are_compared_from_both_sides(visit: Visit, built: Path) -> None:
    page = visit(built, "#compare?compare=hybrid,sequential")
    table = table_of(page, "duel-differences")
    there = list(zip(column(table, 6), column(table, 7)))
    page.get_by_role("button", name="Swap").click()
    assert page.locator("#duel-differences").inner_text() == "sequential less hybrid"
    flip = str.maketrans("+−", "−+")
    back = [(d.translate(flip), " to ".join(reversed(i.translate(flip).split(" to ")))) for d, i in there]
    assert list(zip(column(table, 6), column(table, 7))) == back
    assert any(difference.startswith("+") for difference, _ in there)


def test_a_count_of_items_leads_to_them(visit: Visit, built: Path) -> None:
    page = visit(built, "#compare?compare=hybrid,sequential")
    cell = table_of(page, "duel-items").locator("tbody td:nth-child(4) button").first
    number = int(cell.inner_text())
    cell.click()
    status = page.locator("#browser > [role=status]").inner_text()
    assert status.startswith(f"{number} of ")
    assert page.locator("#browser select[name=outcome]").input_value() == "first"


def test_the_example_browser_filters_and_turns_pages(visit: Visit, built: Path) -> None:
    page = visit(built)
    browser = page.locator("#browser")
    status = browser.locator("> [role=status]")
    browser.get_by_role("button", name="Next").first.click()
    assert "6 to 10 are shown" in status.inner_text()
    browser.locator("select[name=task]").select_option("python")
    browser.locator("select[name=subset]").select_option("generated")
    assert status.inner_text().startswith("12 of 48")
    browser.locator("select[name=approach]").select_option("sequential")
    browser.locator("select[name=beside]").select_option("")
    browser.locator("select[name=outcome]").select_option("right")
    right = int(status.inner_text().split()[0].replace("No", "0"))
    browser.locator("select[name=outcome]").select_option("wrong")
    assert int(status.inner_text().split()[0]) == 12 - right
    browser.locator("select[name=outcome]").select_option("")
    browser.get_by_role("searchbox").fill("no such words anywhere")
    assert status.inner_text() == "No item matches."


def test_text_that_looks_like_html_is_shown_and_never_run(visit: Visit, hostile: Path) -> None:
    page = visit(hostile)
    assert page.locator("h1").inner_text() == HOSTILE[0]
    page.locator("#browser select[name=subset]").select_option("mined")
    for text in HOSTILE[:3]:
        page.locator("#browser").get_by_role("searchbox").fill(text[:20])
        assert text in (page.locator("#browser article .prompt").first.text_content() or "")
        assert page.locator("main img, main script:not([type])").count() == 0


def test_the_page_is_whole_on_paper(visit: Visit, built: Path) -> None:
    page = visit(built)
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav:visible, .filters:visible, .pager:visible, .facet:visible").count() == 0
    assert table_of(page, "isolation-table").locator("tbody tr:visible").count() == 15
    assert all(page.eval_on_selector_all("figure", "all => all.map(e => getComputedStyle(e).breakInside === 'avoid')"))


def test_everything_can_be_reached_and_done_by_keyboard(visit: Visit, built: Path) -> None:
    page = visit(built)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.facet summary')"):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    assert page.evaluate("location.hash") == "#?approach=lora"
    assert page.evaluate("document.activeElement.matches('summary')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    table = table_of(page, "glance")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#answer .sorter')"):
            break
    page.keyboard.press("Enter")
    assert table.get_by_role("columnheader").first.get_attribute("aria-sort") == "ascending"


def test_every_control_has_a_name_and_every_table_a_caption(opened: Page) -> None:
    page = opened
    unnamed = page.eval_on_selector_all(
        "select, input, button",
        "all => all.filter(e => !e.labels?.length && !e.textContent.trim() && !e.ariaLabel).map(e => e.outerHTML)",
    )
    assert unnamed == []
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("thead th:not([scope=col]), tbody th:not([scope=row])").count() == 0


def test_dark_mode_is_remembered(visit: Visit, built: Path) -> None:
    page = visit(built)
    page.get_by_role("button", name="Dark mode").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.get_by_role("button", name="Dark mode").get_attribute("aria-pressed") == "true"


def test_without_javascript_all_is_readable_and_no_control_is_there(visit: Visit, built: Path) -> None:
    page = visit(built, java_script_enabled=False)
    assert page.locator("select:visible, input:visible, button:visible").count() == 0
    assert page.locator(".heat-group:visible").count() > 4
    assert page.locator("#examples article:visible").count() == 8


def test_a_phone_scrolls_one_way_only(visit: Visit, built: Path) -> None:
    page = visit(built, viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_wide_matrix_scrolls_by_itself_on_a_phone(opened: Page) -> None:
    opened.set_viewport_size({"width": 360, "height": 740})
    wide = """() => {
      const map = document.querySelector(".map");
      map.firstElementChild.style.minWidth = "900px";
      const found = [document.documentElement.scrollWidth <= 360, map.scrollWidth > map.clientWidth];
      map.firstElementChild.style.minWidth = "";
      return found;
    }"""
    found = opened.evaluate(wide)
    opened.set_viewport_size({"width": 1280, "height": 720})
    assert found == [True, True]
