from random import Random

from render.cutting import HIDDEN, Control
from render.desk import covered, desktop
from tests.render.missing import skipping_what_is_missing

BOX = (10.0, 10.0, 30.0, 30.0)
CONTROL = Control("checkbox", "checked", BOX, BOX, None)


def test_what_another_window_covers_in_part_is_hidden() -> None:
    assert covered(CONTROL, (25, 0, 100, 100)).label == HIDDEN
    assert covered(CONTROL, (40, 0, 100, 100)).label == "checked"
    assert covered(CONTROL, (29.9, 0, 100, 100)).label == "checked"


def test_a_desktop_is_the_same_again_and_its_controls_lie_on_it() -> None:
    with skipping_what_is_missing():
        picture, controls = desktop(["pdf", "tk"], Random("desk-3"))
        again, same = desktop(["pdf", "tk"], Random("desk-3"))
    assert picture.tobytes() == again.tobytes()
    assert controls == same != []
    assert {control.kind for control in controls} <= {"checkbox", "radio", "switch"}
    for control in controls:
        left, top, right, bottom = control.box
        assert left < picture.width
        assert top < picture.height
        assert right > 0
        assert bottom > 0
