from checkstate.core.tables import libraries_of


def test_a_crop_belongs_to_the_longest_library_name_that_fits() -> None:
    paths = [
        "checked/bootstrap-checkbox-0a.png",
        "unchecked/bootstrap-toggle-switch-0b.png",
        "other/bootstrap-toggle-avatar-0c.png",
        "other/bootstrap-button-group-0d.png",
    ]
    wanted = ["bootstrap", "bootstrap-toggle", "bootstrap-toggle", "bootstrap"]
    assert libraries_of(paths) == wanted
