from hypothesis import given
from hypothesis import strategies as st

from embedders.items import Content
from embedders.wording import worded

texts = st.one_of(st.none(), st.text(max_size=30))
contents = st.builds(
    Content, title=texts, description=texts, categories=st.lists(st.text(max_size=8)).map(tuple)
)


def test_title_description_and_categories_are_lines_in_that_order() -> None:
    content = Content("A  lamp ", "Warm\nlight", ("Home", " ", "Lights"))

    assert worded(content) == "A lamp\nWarm light\nHome, Lights"


def test_empty_parts_leave_no_empty_line() -> None:
    assert worded(Content(None, " \t", ("Home",))) == "Home"
    assert worded(Content("A lamp")) == "A lamp"
    assert worded(Content("", None, ("",))) == ""


@given(content=contents)
def test_any_text_can_be_written_as_utf_8_and_read_again(content: Content) -> None:
    text = worded(content)

    assert text.encode().decode() == text
    assert text == text.strip()
    assert len(text.split("\n")) <= 3


def test_what_utf_8_cannot_hold_becomes_a_question_mark() -> None:
    assert worded(Content("half a smile \ud83d")) == "half a smile ?"
