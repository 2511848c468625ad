"""Windows of Qt programs: dialogs, lists, trees, tables, settings and menus.

Needs PySide6 (`pip install PySide6-Essentials`); no X server. The states are read from the widgets
and the rectangles from the style that draws them.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image, ImageChops

from checkstate.core.errors import UserError
from render.cutting import Box, Control
from render.toolkits import words
from render.toolkits.qt_looks import Look, draw_look

try:
    from PySide6 import QtCore, QtGui, QtWidgets
except ImportError as error:
    raise UserError("PySide6 is missing: `pip install PySide6-Essentials`") from error

Qt = QtCore.Qt
Style = QtWidgets.QStyle
PIXMAPS = [
    *("SP_MessageBoxInformation", "SP_MessageBoxWarning", "SP_MessageBoxCritical"),
    *("SP_MessageBoxQuestion", "SP_DirIcon", "SP_FileIcon", "SP_TrashIcon", "SP_DriveHDIcon"),
    *("SP_DialogOkButton", "SP_DialogCancelButton", "SP_DialogHelpButton", "SP_DialogSaveButton"),
    *("SP_DialogApplyButton", "SP_DialogCloseButton", "SP_BrowserReload", "SP_MediaPlay"),
    *("SP_MediaPause", "SP_MediaStop", "SP_ArrowUp", "SP_ArrowRight", "SP_TitleBarCloseButton"),
    *("SP_TitleBarMaxButton", "SP_TitleBarMinButton", "SP_ComputerIcon", "SP_MediaVolume"),
]

PARTLY = 0.15
"""Share of the check boxes of which a part is chosen, in looks that draw it."""


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    app = application()
    with tempfile.TemporaryDirectory() as folder:
        look = draw_look(random, QtWidgets.QStyleFactory.keys(), Path(folder))
        dress(app, look)
        page = Page(random, look)
        if random.random() < 0.15:
            fill_menu(page)
        else:
            fill_dialog(page)
        return page.shoot(app)


@cache
def application() -> Any:
    """The one application object, without a screen."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    QtCore.qInstallMessageHandler(lambda *_: None)  # "does not support propagateSizeHints"
    app = QtWidgets.QApplication([])
    app.setCursorFlashTime(0)
    return app


def dress(app: Any, look: Look) -> None:
    """Give the application a look's style, palette and font."""
    app.setStyle(look.style)
    palette = QtGui.QPalette(QtGui.QColor(look.button), QtGui.QColor(look.window))
    roles = QtGui.QPalette.ColorRole
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        faded = words.mixed(look.window, look.text, 0.45)
        palette.setColor(role, QtGui.QColor(look.text))
        palette.setColor(QtGui.QPalette.ColorGroup.Disabled, role, QtGui.QColor(faded))
    palette.setColor(roles.Base, QtGui.QColor(look.field))
    palette.setColor(roles.AlternateBase, QtGui.QColor(words.mixed(look.field, look.text, 0.07)))
    palette.setColor(roles.Highlight, QtGui.QColor(look.accent))
    bright = words.luminance(look.accent) < 140
    palette.setColor(roles.HighlightedText, QtGui.QColor("#ffffff" if bright else "#000000"))
    app.setPalette(palette)
    font = QtGui.QFont(look.family)
    font.setPixelSize(look.size)
    font.setBold(look.bold)
    if not look.smooth:
        font.setStyleStrategy(QtGui.QFont.StyleStrategy.NoAntialias)
    app.setFont(font)


class Page:
    """A window under construction, and what is to be measured once it is laid out."""

    def __init__(self, random: Random, look: Look, root: Any = None) -> None:
        self.random = random
        self.look = look
        self.root = root or QtWidgets.QWidget()
        self.root.setObjectName("page")
        self.root.setStyleSheet(look.sheet)
        if random.random() < 0.06:
            self.root.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.measures: list[Callable[[], Iterator[Control]]] = []
        self.touchable: list[Any] = []

    def chance(self, share: float) -> bool:
        """Whether something happens that does so in a share of the cases."""
        return bool(self.random.random() < share)

    def box(self, widget: Any, rectangle: Any = None) -> Box:
        """A rectangle of a widget, or all of it, in pixels of the picture."""
        area = widget.rect() if rectangle is None else rectangle
        corner = widget.mapTo(self.root, area.topLeft())
        scale = self.look.scale
        return (
            corner.x() * scale,
            corner.y() * scale,
            (corner.x() + area.width()) * scale,
            (corner.y() + area.height()) * scale,
        )

    def shoot(self, app: Any) -> tuple[Image.Image, list[Control]]:
        """Lay out, focus one widget, hover over another, draw and measure."""
        self.root.show()
        app.processEvents()
        for widget in self.random.sample(self.touchable, min(2, len(self.touchable))):
            if self.chance(0.5):
                widget.setFocus(Qt.FocusReason.TabFocusReason)
            else:
                widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
        app.processEvents()
        controls = [control for measure in self.measures for control in measure()]
        picture = grab(self.root, self.look.scale)
        self.root.close()
        self.root.deleteLater()
        app.sendPostedEvents(None, int(QtCore.QEvent.Type.DeferredDelete.value))
        return picture, [c for c in controls if inside(c.content, picture)]


def inside(box: Box, picture: Image.Image) -> bool:
    """Whether a box lies in the picture and has some size."""
    left, top, right, bottom = box
    return bool(0 <= left < right - 3 and 0 <= top < bottom - 3 and right <= picture.width + 1)


def grab(widget: Any, scale: float) -> Image.Image:
    """Draw a widget into a picture, at a scale as a screen of high resolution has it."""
    width, height = (math.ceil(side * scale) for side in (widget.width(), widget.height()))
    image = QtGui.QImage(width, height, QtGui.QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(widget.palette().color(QtGui.QPalette.ColorRole.Window))
    widget.render(image, QtCore.QPoint(0, 0))
    data = bytes(image.constBits())
    return Image.frombuffer(
        "RGB", (width, height), data, "raw", "BGRX", image.bytesPerLine(), 1
    ).copy()


def fill_dialog(page: Page) -> None:
    """Blocks one below the other, or in two columns, and buttons at the bottom."""
    outer = QtWidgets.QVBoxLayout(page.root)
    columns = QtWidgets.QHBoxLayout()
    outer.addLayout(columns)
    blocks = [add_group, add_group, add_view, add_view, add_rows, add_mixture, add_tabs]
    for _ in range(page.random.choice([1, 2, 2, 3])):
        column = QtWidgets.QVBoxLayout()
        column.setSpacing(page.random.choice([0, 2, 6, 12]))
        columns.addLayout(column)
        for _ in range(page.random.choice([1, 2, 3])):
            page.random.choice(blocks)(page, column)
        column.addStretch()
    if page.chance(0.6):
        row = QtWidgets.QHBoxLayout()
        row.addStretch()
        for _ in range(page.random.randint(1, 3)):
            add_other(page, row, push_button)
        outer.addLayout(row)
    if page.chance(0.3):
        page.root.setMinimumWidth(page.root.sizeHint().width() + page.random.randint(50, 400))


def add_group(page: Page, column: Any) -> None:
    """A group box, checkable two times of three, with controls in it."""
    group = QtWidgets.QGroupBox(words.title(page.random))
    group.setFlat(page.chance(0.2))
    if page.chance(0.66):
        group.setCheckable(True)
        group.setChecked(page.chance(0.5))
        page.measures.append(lambda: measure_group(page, group))
        page.touchable.append(group)
    column.addWidget(group)
    layout = QtWidgets.QVBoxLayout(group)
    layout.setSpacing(page.random.choice([0, 2, 6, 10]))
    for _ in range(page.random.randint(1, 4)):
        if page.chance(0.75):
            add_control(page, layout)
        else:
            add_other(page, layout, page.random.choice(OTHERS))


def measure_group(page: Page, group: Any) -> Iterator[Control]:
    """A checkable group box: its indicator, and its title line as content."""
    option = QtWidgets.QStyleOptionGroupBox()
    group.initStyleOption(option)
    part, kind = Style.SubControl, Style.ComplexControl.CC_GroupBox
    box = group.style().subControlRect(kind, option, part.SC_GroupBoxCheckBox, group)
    title = group.style().subControlRect(kind, option, part.SC_GroupBoxLabel, group)
    text = group.fontMetrics().size(Qt.TextFlag.TextShowMnemonic.value, group.title())
    if group.layoutDirection() == Qt.LayoutDirection.LeftToRight:
        title.setWidth(min(title.width(), text.width() + 2))
    content = box.united(title)
    row = QtCore.QRect(0, content.top(), group.width(), content.height())
    label = "checked" if group.isChecked() else "unchecked"
    boxes = (page.box(group, area) for area in (box, content, row))
    yield Control("checkbox", label, *boxes)


def add_control(page: Page, layout: Any, text: bool = True) -> Any:
    """A check box or a radio button in a random state; radio buttons come alone here."""
    kind = page.random.choice([QtWidgets.QCheckBox, QtWidgets.QCheckBox, QtWidgets.QRadioButton])
    widget = kind(words.label(page.random) if text and page.chance(0.93) else "")
    widget.setAutoExclusive(False)
    widget.setChecked(page.chance(0.5))
    if kind is QtWidgets.QCheckBox and draws_part(page):
        widget.setCheckState(Qt.CheckState.PartiallyChecked)
    widget.setEnabled(page.chance(0.9))
    if text and page.chance(0.08):
        widget.setIcon(standard_icon(page))
    if page.chance(0.15):
        font = widget.font()
        font.setUnderline(page.chance(0.3))
        font.setItalic(page.chance(0.3))
        font.setPixelSize(max(9, round(page.look.size * page.random.choice([0.8, 1.3, 1.7]))))
        widget.setFont(font)
    layout.addWidget(widget)
    page.touchable.append(widget)
    page.measures.append(lambda: measure_button(page, widget))
    return widget


def measure_button(page: Page, widget: Any, row: Box | None = None) -> Iterator[Control]:
    """A check box or radio button; the whole widget is its row unless another is given."""
    box, content = button_areas(widget)
    label = "checked" if widget.isChecked() else "unchecked"
    kind = "radio" if isinstance(widget, QtWidgets.QRadioButton) else "checkbox"
    if kind == "checkbox" and page.look.switch:
        kind = "switch"
    around = row or page.box(widget)
    yield Control(kind, label, page.box(widget, box), page.box(widget, content), around)


def button_areas(widget: Any) -> tuple[Any, Any]:
    """The indicator, and indicator with icon and text, in a button's own coordinates."""
    option = QtWidgets.QStyleOptionButton()
    widget.initStyleOption(option)
    part = Style.SubElement
    radio = isinstance(widget, QtWidgets.QRadioButton)
    style = widget.style()
    name = part.SE_RadioButtonIndicator if radio else part.SE_CheckBoxIndicator
    box = style.subElementRect(name, option, widget)
    if not widget.text():
        return box, box
    name = part.SE_RadioButtonContents if radio else part.SE_CheckBoxContents
    rest = style.subElementRect(name, option, widget)
    width = widget.fontMetrics().size(Qt.TextFlag.TextShowMnemonic.value, widget.text()).width()
    if not widget.icon().isNull():
        width += widget.iconSize().width() + 4
    if widget.layoutDirection() == Qt.LayoutDirection.LeftToRight:
        rest.setWidth(min(rest.width(), width))
    else:
        rest.setLeft(max(rest.left(), rest.right() - width))
    return box, box.united(rest)


def add_rows(page: Page, column: Any) -> None:
    """Lines of settings: the label at one end, the control at the other."""
    for _ in range(page.random.randint(2, 6)):
        line = QtWidgets.QWidget()
        layout = QtWidgets.QHBoxLayout(line)
        layout.setContentsMargins(*[page.random.choice([0, 2, 5])] * 4)
        text = QtWidgets.QLabel(words.label(page.random))
        layout.addWidget(text)
        if page.chance(0.8):
            layout.addStretch()
        if page.chance(0.8):
            control = add_control(page, layout, text=False)
            page.measures.pop()
            page.measures.append(partial(measure_row, page, control, text, line))
        else:
            add_other(page, layout, page.random.choice(OTHERS))
        column.addWidget(line)
        if page.chance(0.3):
            column.addWidget(rule())


def measure_row(page: Page, control: Any, text: Any, line: Any) -> Iterator[Control]:
    """A control whose label stands apart, in one line with it."""
    (alone,) = measure_button(page, control)
    near = page.box(text)
    content = (
        min(alone.box[0], near[0]),
        min(alone.box[1], near[1]),
        max(alone.box[2], near[2]),
        max(alone.box[3], near[3]),
    )
    yield Control(alone.kind, alone.label, alone.box, content, page.box(line))


def rule() -> Any:
    """A horizontal line."""
    line = QtWidgets.QFrame()
    line.setFrameShape(QtWidgets.QFrame.Shape.HLine)
    return line


def add_view(page: Page, column: Any) -> None:
    """A list, a tree or a table whose rows mostly have a check box."""
    count = page.random.randint(3, 8)
    checkable = page.chance(0.85)
    view = page.random.choice([list_view, tree_view, table_view])(page, count, checkable)
    view.setAlternatingRowColors(page.chance(0.3))
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    shown = page.random.choice(["ScrollBarAlwaysOff", "ScrollBarAlwaysOff", "ScrollBarAlwaysOn"])
    view.setVerticalScrollBarPolicy(getattr(Qt.ScrollBarPolicy, shown))
    if page.chance(0.3):
        view.setCurrentIndex(view.model().index(page.random.randrange(count), 0))
    column.addWidget(view)
    view.ensurePolished()
    if isinstance(view, QtWidgets.QTableWidget):
        view.resizeRowsToContents()
    last = view.visualRect(view.model().index(count - 1, 0))
    if isinstance(view, QtWidgets.QTreeWidget):
        top = view.topLevelItem(view.topLevelItemCount() - 1)
        last = view.visualItemRect(top) if top else last
    bottom = max(last.bottom(), count * (view.sizeHintForRow(0) + 1))
    view.setFixedHeight(bottom + (view.height() - view.viewport().height()) % 60 + 34)
    view.setMinimumWidth(page.random.choice([180, 240, 320]))
    page.touchable.append(view)
    page.measures.append(lambda: measure_view(page, view))


def list_view(page: Page, count: int, checkable: bool) -> Any:
    """A list of names, with icons at times."""
    view = QtWidgets.QListWidget()
    for _ in range(count):
        item = QtWidgets.QListWidgetItem(words.entry(page.random))
        if page.chance(0.3):
            item.setIcon(standard_icon(page))
        if checkable and page.chance(0.9):
            item.setCheckState(draw_state(page))
        view.addItem(item)
    view.setSpacing(page.random.choice([0, 0, 1, 4]))
    return view


def tree_view(page: Page, count: int, checkable: bool) -> Any:
    """A tree, opened, of one or two columns."""
    view = QtWidgets.QTreeWidget()
    view.setColumnCount(page.random.choice([1, 2]))
    view.setHeaderLabels([words.title(page.random) for _ in range(view.columnCount())])
    view.setHeaderHidden(page.chance(0.5))
    parent: Any = view
    for _ in range(count):
        names = [words.entry(page.random) for _ in range(view.columnCount())]
        item = QtWidgets.QTreeWidgetItem(parent, names)
        if page.chance(0.25):
            item.setIcon(0, standard_icon(page))
        if checkable and page.chance(0.85):
            item.setCheckState(0, draw_state(page))
        parent = page.random.choice([view, item])
    view.expandAll()
    view.setColumnWidth(0, 200)
    return view


def table_view(page: Page, count: int, checkable: bool) -> Any:
    """A table with a grid; the check box stands in any column."""
    columns = page.random.choice([1, 2, 3])
    view = QtWidgets.QTableWidget(count, columns)
    view.setHorizontalHeaderLabels([words.title(page.random) for _ in range(columns)])
    view.horizontalHeader().setVisible(page.chance(0.6))
    view.verticalHeader().setVisible(page.chance(0.4))
    view.setShowGrid(page.chance(0.7))
    chosen = page.random.randrange(columns)
    for row in range(count):
        for column in range(columns):
            text = words.entry(page.random) if column != chosen or page.chance(0.6) else ""
            item = QtWidgets.QTableWidgetItem(text)
            if checkable and column == chosen:
                item.setCheckState(draw_state(page))
            view.setItem(row, column, item)
    return view


def draw_state(page: Page) -> Any:
    """Checked or not, or partly checked, which counts as checked."""
    if draws_part(page):
        return Qt.CheckState.PartiallyChecked
    return page.random.choice([Qt.CheckState.Checked, Qt.CheckState.Unchecked])


def draws_part(page: Page) -> bool:
    """Whether a box shows that a part of something is chosen, which not every look draws."""
    return page.look.partly and page.chance(PARTLY)


def measure_view(page: Page, view: Any) -> Iterator[Control]:
    """Every cell of a view that shows a check box, every other row, and the handles of a tree."""
    model, port = view.model(), view.viewport()
    columns = view.columnCount() if hasattr(view, "columnCount") else 1
    for index in indices(model, columns, QtCore.QModelIndex()):
        area = view.visualRect(index)
        if not port.rect().contains(area.adjusted(0, 0, 0, -1)):
            continue
        option = QtWidgets.QStyleOptionViewItem()
        view.initViewItemOption(option)
        option.rect = area
        view.itemDelegate().initStyleOption(option, index)
        row = QtCore.QRect(0, area.top(), port.width(), area.height())
        has = option.features & QtWidgets.QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
        if has:
            state = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole))
            checked = state != Qt.CheckState.Unchecked
            box, content = item_areas(view, option)
            boxes = (page.box(port, part) for part in (box, content, row))
            yield Control("checkbox", "checked" if checked else "unchecked", *boxes)
        elif index.column() == 0 and not row_is_checkable(index, columns):
            _, content = item_areas(view, option)
            text = page.box(port, content)
            yield Control("item", "other", text, text, page.box(port, row))
        if isinstance(view, QtWidgets.QTreeWidget) and model.hasChildren(index):
            step = view.indentation()
            mirrored = view.layoutDirection() == Qt.LayoutDirection.RightToLeft
            start = area.right() + 1 if mirrored else area.left() - step
            handle = QtCore.QRect(start, area.top(), step, area.height())
            if index.column() == 0:
                place = page.box(port, handle)
                yield Control("treehandle", "other", place, place, None)


def indices(model: Any, columns: int, parent: Any) -> Iterator[Any]:
    """All cells of a model, depth first."""
    for row in range(model.rowCount(parent)):
        for column in range(columns):
            yield model.index(row, column, parent)
        yield from indices(model, columns, model.index(row, 0, parent))


def row_is_checkable(index: Any, columns: int) -> bool:
    """Whether a cell of the index's row has a check box."""
    cells = (index.siblingAtColumn(column) for column in range(columns))
    return any(cell.data(Qt.ItemDataRole.CheckStateRole) is not None for cell in cells)


def item_areas(view: Any, option: Any) -> tuple[Any, Any]:
    """The indicator of a row, and indicator with icon and text."""
    part = Style.SubElement
    style = view.style()
    box = style.subElementRect(part.SE_ItemViewItemCheckIndicator, option, view)
    text = style.subElementRect(part.SE_ItemViewItemText, option, view)
    margin = 2 * (style.pixelMetric(Style.PixelMetric.PM_FocusFrameHMargin, None, view) + 1)
    width = min(text.width(), option.fontMetrics.horizontalAdvance(option.text) + margin)
    if option.direction == Qt.LayoutDirection.LeftToRight:
        text.setWidth(width)
    else:
        text.setLeft(text.right() - width)
    if not option.text:
        text = QtCore.QRect()
    icon = style.subElementRect(part.SE_ItemViewItemDecoration, option, view)
    return box, box.united(text).united(icon if not option.icon.isNull() else QtCore.QRect())


def add_mixture(page: Page, column: Any) -> None:
    """Controls and other widgets in a grid, as forms have them."""
    grid = QtWidgets.QGridLayout()
    across = page.random.choice([1, 2, 3])
    for number in range(page.random.randint(3, 9)):
        cell = QtWidgets.QHBoxLayout()
        if page.chance(0.45):
            add_control(page, cell)
        else:
            add_other(page, cell, page.random.choice(OTHERS))
        grid.addLayout(cell, number // across, number % across)
    column.addLayout(grid)


def add_tabs(page: Page, column: Any) -> None:
    """Tabs, at times with close buttons, over a few controls."""
    tabs = QtWidgets.QTabWidget()
    tabs.setTabsClosable(page.chance(0.4))
    inner = QtWidgets.QWidget()
    layout = QtWidgets.QVBoxLayout(inner)
    for _ in range(page.random.randint(1, 4)):
        add_control(page, layout)
    tabs.addTab(inner, words.title(page.random))
    for _ in range(page.random.randint(1, 3)):
        tabs.addTab(QtWidgets.QWidget(), words.title(page.random))
    tabs.setUsesScrollButtons(False)
    column.addWidget(tabs)

    def measure() -> Iterator[Control]:
        bar = tabs.tabBar()
        for number in range(tabs.count()):
            area = page.box(bar, bar.tabRect(number))
            yield Control("tab", "other", area, area, None)
            close = bar.tabButton(number, QtWidgets.QTabBar.ButtonPosition.RightSide)
            if close is not None:
                yield Control("close", "other", page.box(close), page.box(close), None)

    page.measures.append(measure)


def add_other(page: Page, layout: Any, make: Callable[[Page], Any]) -> None:
    """A widget that is no control of two states."""
    widget = make(page)
    layout.addWidget(widget)
    kind = make.__name__.replace("_", "")
    if widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
        page.touchable.append(widget)

    def measure() -> Iterator[Control]:
        area = page.box(widget)
        inner = page.box(icon) if (icon := widget.findChild(QtWidgets.QLabel, "icon")) else area
        yield Control(kind, "other", inner, area, None)

    page.measures.append(measure)


def standard_icon(page: Page) -> Any:
    """One of the style's own icons."""
    name = page.random.choice(PIXMAPS)
    return page.root.style().standardIcon(getattr(Style.StandardPixmap, name))


def push_button(page: Page) -> Any:
    """A button with text, at times with an icon or a tick before it."""
    text = words.word(page.random)
    widget = QtWidgets.QPushButton("✓ " + text if page.chance(0.08) else text)
    if page.chance(0.3):
        widget.setIcon(standard_icon(page))
    widget.setEnabled(page.chance(0.9))
    return widget


def tool_button(page: Page) -> Any:
    """A button with an icon, with or without text."""
    widget = QtWidgets.QToolButton()
    widget.setIcon(standard_icon(page))
    widget.setAutoRaise(page.chance(0.5))
    if page.chance(0.4):
        widget.setText(words.word(page.random))
        widget.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return widget


def spin_box(page: Page) -> Any:
    """A number with arrows."""
    widget = QtWidgets.QSpinBox()
    widget.setMaximum(9999)
    widget.setValue(page.random.choice([0, 1, 8, 64, 512, 8080]))
    return widget


def combo_box(page: Page) -> Any:
    """A closed list of choices."""
    widget = QtWidgets.QComboBox()
    widget.addItem(words.entry(page.random))
    if page.chance(0.2):
        widget.setItemIcon(0, standard_icon(page))
    return widget


def slider(page: Page) -> Any:
    """A horizontal slider."""
    widget = QtWidgets.QSlider(Qt.Orientation.Horizontal)
    widget.setValue(page.random.randint(0, 99))
    if page.chance(0.3):
        widget.setTickPosition(QtWidgets.QSlider.TickPosition.TicksBelow)
    return widget


def dial(page: Page) -> Any:
    """A round knob."""
    widget = QtWidgets.QDial()
    widget.setValue(page.random.randint(0, 99))
    widget.setNotchesVisible(page.chance(0.4))
    widget.setFixedSize(*[page.random.choice([24, 36, 50])] * 2)
    return widget


def line_edit(page: Page) -> Any:
    """A field, empty or with text."""
    widget = QtWidgets.QLineEdit(words.entry(page.random) if page.chance(0.6) else "")
    widget.setClearButtonEnabled(page.chance(0.3))
    if page.chance(0.2):
        widget.setFixedWidth(page.random.choice([80, 120]))
    return widget


def progress_bar(page: Page) -> Any:
    """A bar that is partly full."""
    widget = QtWidgets.QProgressBar()
    widget.setValue(page.random.randint(0, 100))
    return widget


def scroll_bar(page: Page) -> Any:
    """A horizontal scroll bar."""
    widget = QtWidgets.QScrollBar(Qt.Orientation.Horizontal)
    widget.setValue(page.random.randint(0, 99))
    return widget


def link(page: Page) -> Any:
    """Underlined text."""
    return QtWidgets.QLabel(f'<a href="x">{words.word(page.random)}</a>')


def text_label(page: Page) -> Any:
    """Plain text, as wide as it is."""
    widget = QtWidgets.QLabel(words.sentence(page.random))
    widget.setSizePolicy(QtWidgets.QSizePolicy.Policy.Fixed, QtWidgets.QSizePolicy.Policy.Fixed)
    return widget


def icon_label(page: Page) -> Any:
    """A picture or a symbol before a text, as in side bars and message boxes."""
    widget = QtWidgets.QWidget()
    layout = QtWidgets.QHBoxLayout(widget)
    layout.setContentsMargins(2, 2, 2, 2)
    icon = QtWidgets.QLabel()
    icon.setObjectName("icon")
    if page.chance(0.5):
        icon.setText(words.pictogram(page.random))
        font = icon.font()
        font.setPixelSize(round(page.look.size * page.random.choice([1, 1.2, 1.5])))
        icon.setFont(font)
    else:
        size = page.random.choice([16, 16, 22, 32])
        icon.setPixmap(standard_icon(page).pixmap(size, size))
    layout.addWidget(icon)
    if page.chance(0.8):
        say = page.random.choice([words.word, words.word, words.sentence])
        layout.addWidget(QtWidgets.QLabel(say(page.random)))
    widget.setSizePolicy(QtWidgets.QSizePolicy.Policy.Fixed, QtWidgets.QSizePolicy.Policy.Fixed)
    return widget


OTHERS: list[Callable[[Page], Any]] = [
    *(push_button, push_button, tool_button, tool_button, spin_box, spin_box, combo_box, slider),
    *(dial, line_edit, progress_bar, scroll_bar, link, text_label),
    *(icon_label, icon_label, icon_label, icon_label),
]


def fill_menu(page: Page) -> None:
    """Turn the page into a menu with check boxes or radio buttons before its entries.

    Fusion draws a frame for entries that are not checked; the other styles leave the place empty,
    and so only their checked entries count.
    """
    menu = QtWidgets.QMenu()
    menu.setStyleSheet(page.look.sheet)
    page.root.deleteLater()
    page.root = menu
    for _ in range(page.random.randint(4, 12)):
        if page.chance(0.12):
            menu.addSeparator()
            continue
        action = menu.addAction(words.label(page.random))
        if page.chance(0.2):
            action.setShortcut(QtGui.QKeySequence(page.random.choice(["Ctrl+S", "F5", "Alt+X"])))
        if page.chance(0.65):
            action.setCheckable(True)
            action.setChecked(page.chance(0.5))
            if page.chance(0.3):
                group = QtGui.QActionGroup(menu)
                group.setExclusionPolicy(QtGui.QActionGroup.ExclusionPolicy.ExclusiveOptional)
                action.setActionGroup(group)
        elif page.chance(0.3):
            action.setIcon(standard_icon(page))
    checkable = [action for action in menu.actions() if action.isCheckable()]
    if len(checkable) == 1:  # cannot be measured: a menu without it has no column for marks
        checkable[0].setCheckable(False)
    page.measures.append(lambda: measure_menu(page, menu))


def measure_menu(page: Page, menu: Any) -> Iterator[Control]:
    """The entries of a menu; the mark's place is what changes when an entry loses it."""
    menu.resize(menu.sizeHint())  # at first it is no wider than the screen lets it be
    full = grab(menu, 1.0)
    framed = page.look.style == "Fusion" or "::indicator" in page.look.sheet
    for action in menu.actions():
        area = menu.actionGeometry(action)
        if action.isSeparator():
            continue
        row = page.box(menu, area)
        if not action.isCheckable():
            yield Control("menuitem", "other", row, row, row)
            continue
        if not (framed or action.isChecked()):
            continue
        place = changed(menu, action, full)
        if place is None:
            continue
        box = page.box(menu, QtCore.QRect(*place))
        kind = "radio" if action.actionGroup() else "checkbox"
        width = menu.fontMetrics().horizontalAdvance(action.text().replace("&", ""))
        right = min(row[2], box[2] + (width + 14) * page.look.scale)
        content = (box[0], row[1], right, row[3])
        label = "checked" if action.isChecked() else "unchecked"
        yield Control(kind, label, box, content, row)


def changed(menu: Any, action: Any, full: Image.Image) -> tuple[int, int, int, int] | None:
    """Left, top, width and height of what an entry shows because it is checkable."""
    checked = action.isChecked()
    action.setCheckable(False)
    without = grab(menu, 1.0)
    action.setCheckable(True)
    action.setChecked(checked)
    if without.size != full.size:
        return None
    found = ImageChops.difference(full, without).getbbox()
    return found and (found[0], found[1], found[2] - found[0], found[3] - found[1])
