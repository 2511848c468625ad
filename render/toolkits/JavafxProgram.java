// Draws windows with JavaFX for render/toolkits/javafx.py; the argument names a FILE.
// Of the lines of a form it writes the picture to FILE and, with all states
// turned, to FILE.toggled.png, and prints one line of JSON with the controls' rectangles.

import com.sun.javafx.scene.control.ContextMenuContent;
import java.awt.image.BufferedImage;
import java.io.*;
import java.nio.file.*;
import java.util.*;
import javafx.application.*;
import javafx.beans.property.*;
import javafx.css.*;
import javafx.geometry.*;
import javafx.scene.*;
import javafx.scene.control.*;
import javafx.scene.control.cell.*;
import javafx.scene.image.*;
import javafx.scene.layout.*;
import javafx.scene.paint.Color;
import javafx.scene.shape.SVGPath;
import javafx.scene.text.Text;
import javafx.scene.transform.Transform;
import javax.imageio.ImageIO;

public class JavafxProgram {
    static final String SKINS = "com/sun/javafx/scene/control/skin/modena/";

    static final String MINUS = "M5 11h14v2H5z", CROSS =
        "M19 6.4L17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13 12z";

    /** Pictures of buttons and labels; none that could be taken for a check box or its mark. */
    static final String[] ICONS = {
        CROSS,
        "M12 2A10 10 0 1 0 12 22 10 10 0 1 0 12 2zM11 7h2v2h-2zM11 11h2v6h-2z",
        "M12 2l3 7 7 .5-5.5 4.5 2 7.5-6.5-4-6.5 4 2-7.5-5.5-4.5 7-.5z",
        "M10 4H4a2 2 0 0 0-2 2v12h20V6H12z", "M6 2h8l6 6v14H6zM13 3.5V9h5.5z",
        "M3 6h18v2H3zM3 11h18v2H3zM3 16h18v2H3z", "M7 10l5 5 5-5z", "M10 17l5-5-5-5z",
        "M3 17.3V21h3.7L17.8 9.9l-3.7-3.7zM20.7 7L17 3.3l-1.8 1.800 3.7 3.7z",
        "M19 13h-6v6h-2v-6H5v-2h6V5h2v6h6z", MINUS, "M5 3l14 9-14 9z",
        "M6 7h12l-1 14H7zM4 4h16v2H4zM9 2h6v2H9z",
        "M10 3a7 7 0 1 0 4 12.5L20 21l1.5-1.5-5.7-5.7A7 7 0 0 0 10 3z"};

    /** Parts of widgets by their style class, and what they are. */
    static final Map<String, String> PARTS = Map.of("tree-disclosure-node", "treehandle",
        "tab", "tab", "tab-close-button", "close", "column-header", "header", "icon", "icon",
        "arrow-button", "arrow");

    static final Set<String> HEADS = Set.of(
        "column", "group", "tabs", "menu", "list", "tree", "buttons");

    /** A part of a form: the line that opens it and those that belong to it. */
    record Block(String[] head, List<String[]> lines) { }

    /** A line of a list or a tree, and whether it is checked. */
    record Entry(String[] texts, BooleanProperty on) {
        Entry(String[] line, boolean state) {
            this(Arrays.copyOfRange(line, 2, line.length), new SimpleBooleanProperty(state));
        }
        @Override public String toString() { return texts[0]; }
    }

    static int windows = 0;

    final Map<String, String> settings = new HashMap<>();
    final Random random;
    final BorderPane root = new BorderPane();
    final HBox columns = new HBox();
    final List<Entry> entries = new ArrayList<>();
    final List<MenuItem> items = new ArrayList<>();
    VBox column;

    public static void main(String[] arguments) {
        Forms.answer(arguments[0], () -> Platform.startup(() -> { }), Platform::runLater,
            JavafxProgram::answer);
    }

    static String answer(List<String[]> lines, String path) throws Exception {
        JavafxProgram form = new JavafxProgram(lines);
        form.paint(path);
        String controls = form.measure();
        form.toggle();
        form.paint(path + ".toggled.png");
        return "{\"picture\": \"" + path + "\", \"toggled\": \"" + path
            + ".toggled.png\", \"controls\": [" + controls + "]}";
    }

    JavafxProgram(List<String[]> lines) throws IOException {
        List<Block> blocks = new ArrayList<>();
        for (String[] line : lines) {
            if (line[0].equals("set")) settings.put(line[1], line[2]);
            else if (HEADS.contains(line[0])) blocks.add(new Block(line, new ArrayList<>()));
            else blocks.get(blocks.size() - 1).lines.add(line);
        }
        random = new Random(Long.parseLong(settings.get("seed")));
        root.setCenter(columns);
        root.setStyle(settings.get("font"));
        for (Block block : blocks) add(block);
        dress(new Scene(root));
        // a label may stand before a control, but what is on stays at the right
        for (Node box : root.lookupAll(".box")) {
            box.setNodeOrientation(NodeOrientation.LEFT_TO_RIGHT);
        }
        List<Node> buttons = new ArrayList<>(root.lookupAll("*"));
        buttons.removeIf(node -> !(node instanceof ButtonBase));
        if (!buttons.isEmpty() && chance(0.7)) mark(pick(buttons), "focused");
        if (!buttons.isEmpty() && chance(0.4)) mark(pick(buttons), "hover");
        layOut();
    }

    /** Gives a window its look; a style sheet of a name that was seen before is not read again. */
    void dress(Scene scene) throws IOException {
        Application.setUserAgentStylesheet(settings.get("theme"));
        for (String name : settings.get("sheets").split(" ")) {
            if (!name.isEmpty()) scene.getStylesheets().add(SKINS + name + ".css");
        }
        Path sheet = Files.createTempFile("look" + windows++, ".css");
        Files.writeString(sheet, settings.get("css"));
        scene.getStylesheets().add(sheet.toUri().toString());
        layOut();
        Files.delete(sheet);
        // a menu takes its height from the screen that it is to open on, and here there is none
        for (Node node : root.lookupAll(".context-menu")) {
            ContextMenuContent menu = (ContextMenuContent) node;
            Insets edge = menu.getInsets();
            menu.setMinHeight(
                menu.getItemsContainer().prefHeight(-1) + edge.getTop() + edge.getBottom());
            menu.setMaxSize(Region.USE_PREF_SIZE, Region.USE_PREF_SIZE);
        }
    }

    void layOut() {
        root.applyCss();
        root.autosize();
        root.layout();
    }

    boolean chance(double share) { return random.nextDouble() < share; }

    <T> T pick(List<T> choices) { return choices.get(random.nextInt(choices.size())); }

    static void mark(Node node, String state) {
        node.pseudoClassStateChanged(PseudoClass.getPseudoClass(state), true);
    }

    void add(Block block) {
        switch (block.head[0]) {
            case "column" -> addColumn();
            case "menu" -> addMenu(Integer.parseInt(block.head[1]), block.lines);
            case "list" -> addList(block);
            case "tree" -> addTree(block.lines);
            case "buttons" -> {
                HBox buttons = new HBox(8);
                buttons.setAlignment(Pos.CENTER_RIGHT);
                buttons.setPadding(new Insets(8));
                root.setBottom(buttons);
                fill(buttons, block.lines);
            }
            case "tabs" -> addTabs(block);
            default -> addGroup(block);
        }
    }

    void addColumn() {
        column = new VBox(number("gap"));
        column.setPadding(new Insets(number("gap")));
        HBox.setHgrow(column, Priority.ALWAYS);
        columns.getChildren().add(column);
    }

    void addGroup(Block block) {
        VBox part = new VBox(Integer.parseInt(block.head[2]));
        part.setPadding(new Insets(random.nextInt(9)));
        String title = block.head[1];
        if (!title.isEmpty() && chance(0.5)) {
            column.getChildren().add(new TitledPane(title, part));
        } else {
            if (!title.isEmpty()) column.getChildren().add(new Label(title));
            if (chance(0.5)) part.getStyleClass().add("frame");
            column.getChildren().add(part);
        }
        fill(part, block.lines);
    }

    void addTabs(Block block) {
        VBox part = new VBox(6);
        part.setPadding(new Insets(6));
        TabPane tabs = new TabPane();
        for (int i = 1; i < block.head.length; i++) tabs.getTabs().add(new Tab(block.head[i]));
        tabs.getTabs().get(0).setContent(part);
        tabs.setTabClosingPolicy(TabPane.TabClosingPolicy.values()[random.nextInt(3)]);
        column.getChildren().add(tabs);
        fill(part, block.lines);
    }

    void fill(Pane part, List<String[]> lines) {
        for (String[] line : lines) {
            part.getChildren().add(switch (line[0]) {
                case "row" -> row(Arrays.copyOfRange(line, 1, line.length));
                case "other" -> other(line[1], line[2], Integer.parseInt(line[3]));
                default -> control(line, line[3]);
            });
        }
    }

    /** A control that stands alone; of some, as of most switches, the label stands before it. */
    ButtonBase control(String[] line, String text) {
        ButtonBase widget;
        if (line[0].equals("radio")) {
            RadioButton button = new RadioButton(text);
            button.setSelected(line[1].equals("1"));
            widget = button;
        } else {
            CheckBox box = new CheckBox(text);
            box.setSelected(line[1].equals("1"));
            if (line[0].equals("switch")) box.getStyleClass().add("switch");
            widget = box;
        }
        widget.setDisable(line[2].equals("0"));
        if (chance(line[0].equals("switch") ? 0.5 : 0.06)) {
            widget.setNodeOrientation(NodeOrientation.RIGHT_TO_LEFT);
        }
        return widget;
    }

    /** A line of settings: the control at its end, at its start or behind a column of labels. */
    HBox row(String[] line) {
        Label label = new Label(line[3]);
        ButtonBase widget = control(line, "");
        widget.getProperties().put("label", label);
        Region space = new Region();
        space.setMinWidth(12);
        HBox.setHgrow(space, Priority.ALWAYS);
        double place = number("place");
        HBox row = new HBox(6);
        if (place < 0.6) row.getChildren().addAll(label, space, widget);
        else if (place < 0.8) row.getChildren().addAll(widget, label, space);
        else row.getChildren().addAll(label, widget, space, icon(random.nextInt(ICONS.length)));
        if (place >= 0.8) label.setPrefWidth(180);
        widget.setMinWidth(Region.USE_PREF_SIZE);
        row.setAlignment(Pos.CENTER_LEFT);
        row.getStyleClass().add("setting");
        row.setMinWidth(number("wide"));
        return row;
    }

    Node other(String kind, String text, int value) {
        Region widget = switch (kind) {
            case "button" -> new Button(text);
            case "iconbutton" -> new Button(value < 30 ? text : "", framed(value));
            case "iconlabel" -> new Label(text, icon(value));
            case "entry" -> new TextField(text);
            case "spinbox" -> new Spinner<Integer>(0, 9999, value);
            case "combobox" -> combo(text);
            case "slider" -> new Slider(0, 100, value);
            case "progress" ->
                value < 80 ? new ProgressBar(value / 80.0) : new ProgressIndicator(0.6);
            case "scrollbar" -> new ScrollBar();
            case "link" -> new Hyperlink(text);
            default -> new Label(text);
        };
        if (widget instanceof ScrollBar bar) bar.setVisibleAmount(20 + value / 2);
        if (kind.equals("spinbox") || kind.equals("entry")) widget.setPrefWidth(90 + value);
        widget.getProperties().put("kind", kind);
        return widget;
    }

    static ComboBox<String> combo(String text) {
        ComboBox<String> box = new ComboBox<>();
        box.setValue(text);
        return box;
    }

    /** An icon in the frame of a button, which is an empty box's: there signs would be marks. */
    Node framed(int value) {
        String path = ICONS[value % ICONS.length];
        return icon(path.equals(CROSS) || path.equals(MINUS) ? value + 1 : value);
    }

    Node icon(int value) {
        SVGPath icon = new SVGPath();
        icon.setContent(ICONS[value % ICONS.length]);
        icon.getStyleClass().add("icon");
        return icon;
    }

    void addMenu(int chosen, List<String[]> lines) {
        ContextMenu menu = new ContextMenu();
        for (String[] line : lines) {
            boolean on = line[1].equals("1");
            MenuItem item = line[0].equals("radio")
                ? new RadioMenuItem(line[3]) : new CheckMenuItem(line[3]);
            if (chance(0.2)) item = new MenuItem(line[3], icon(random.nextInt(ICONS.length)));
            else if (chance(0.4)) item = new CustomMenuItem(control(line, line[3]), false);
            if (item instanceof RadioMenuItem radio) radio.setSelected(on);
            if (item instanceof CheckMenuItem check) check.setSelected(on);
            if (!(item instanceof CustomMenuItem)) item.setDisable(line[2].equals("0"));
            menu.getItems().add(item);
            items.add(item);
        }
        ContextMenuContent content = new ContextMenuContent(menu) {
            // colors and font come from the window, as an open menu has them of its owner's
            @Override public Styleable getStyleableParent() { return getParent(); }
        };
        content.getStyleClass().add("context-menu");
        if (chosen >= 0) mark(content.getItemsContainer().getChildren().get(chosen), "focused");
        column.getChildren().add(content);
    }

    /** Gives a list room for so many lines: it shows no others. */
    void size(Control list, double width, int lines) {
        double height = number("size") * 2.7 * lines + 4;
        list.setMinHeight(height);
        list.setPrefSize(width, height);
    }

    double number(String setting) { return Double.parseDouble(settings.get(setting)); }

    void addList(Block block) {
        boolean checkable = block.head[2].equals("1");
        List<Entry> lines = new ArrayList<>();
        for (String[] line : block.lines) lines.add(new Entry(line, line[1].equals("1")));
        if (checkable) entries.addAll(lines);
        if (block.head[1].equals("1") && chance(0.6)) {
            ListView<Entry> list = new ListView<>();
            list.getItems().setAll(lines);
            if (checkable) list.setCellFactory(CheckBoxListCell.forListView(Entry::on));
            size(list, 260, lines.size());
            column.getChildren().add(list);
            return;
        }
        TableView<Entry> table = new TableView<>();
        table.getItems().setAll(lines);
        for (int i = 0; i < Integer.parseInt(block.head[1]); i++) {
            final int at = i;
            TableColumn<Entry, String> texts = new TableColumn<>("ABC".substring(i, i + 1));
            texts.setCellValueFactory(cell -> new SimpleStringProperty(cell.getValue().texts[at]));
            texts.setPrefWidth(180 - 40 * i);
            table.getColumns().add(texts);
        }
        if (checkable) {
            TableColumn<Entry, Boolean> boxes = new TableColumn<>("");
            boxes.setCellValueFactory(cell -> cell.getValue().on);
            boxes.setCellFactory(CheckBoxTableCell.forTableColumn(boxes));
            boxes.setPrefWidth(50);
            table.getColumns().add(chance(0.7) ? 0 : table.getColumns().size(), boxes);
        }
        table.setEditable(chance(0.8));
        if (block.head[3].equals("0")) table.getStyleClass().add("bare");
        size(table, 60 + 150 * table.getColumns().size(), lines.size() + 1);
        column.getChildren().add(table);
    }

    /** A tree, mostly of check boxes; those of branches tell nothing of their leaves. */
    void addTree(List<String[]> lines) {
        boolean checkable = chance(0.7);
        TreeItem<Entry> top = new TreeItem<>();
        TreeItem<Entry> branch = top;
        for (String[] line : lines) {
            Entry entry = new Entry(line, chance(0.5));
            CheckBoxTreeItem<Entry> item = new CheckBoxTreeItem<>(entry);
            item.setIndependent(true);
            item.selectedProperty().bindBidirectional(entry.on);
            item.setExpanded(true);
            if (checkable) entries.add(entry);
            (line[1].equals("1") ? top : branch).getChildren().add(item);
            if (line[1].equals("1")) branch = item;
        }
        TreeView<Entry> tree = new TreeView<>(top);
        tree.setShowRoot(false);
        if (checkable) tree.setCellFactory(CheckBoxTreeCell.forTreeView());
        size(tree, 260, lines.size());
        column.getChildren().add(tree);
    }

    void paint(String path) throws IOException {
        double scale = number("scale");
        layOut();
        SnapshotParameters how = new SnapshotParameters();
        how.setTransform(Transform.scale(scale, scale));
        how.setViewport(new Rectangle2D(0, 0, root.getWidth() * scale, root.getHeight() * scale));
        WritableImage shot = root.snapshot(how, null);
        int width = (int) shot.getWidth(), height = (int) shot.getHeight();
        int[] pixels = new int[width * height];
        shot.getPixelReader().getPixels(
            0, 0, width, height, PixelFormat.getIntArgbInstance(), pixels, 0, width);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, width, height, pixels, 0, width);
        ImageIO.write(image, "png", new File(path));
    }

    void toggle() {
        for (Entry entry : entries) entry.on.set(!entry.on.get());
        for (MenuItem item : items) {
            if (item instanceof RadioMenuItem radio) radio.setSelected(!radio.isSelected());
            if (item instanceof CheckMenuItem check) check.setSelected(!check.isSelected());
        }
        for (Node node : root.lookupAll("*")) {
            if (isLine(row(node))) continue;
            if (node instanceof RadioButton button) button.setSelected(!button.isSelected());
            if (node instanceof CheckBox box) box.setSelected(!box.isSelected());
        }
    }

    String measure() {
        StringJoiner found = new StringJoiner(", ");
        for (Node node : root.lookupAll("*")) {
            if (!shown(node)) continue;
            if (node instanceof CheckBox box) {
                String kind = box.getStyleClass().contains("switch") ? "switch" : "check";
                found.add(told(kind, box, box.isSelected(), ".box"));
            } else if (node instanceof RadioButton button) {
                found.add(told("radio", button, button.isSelected(), ".radio"));
            } else if (node instanceof ContextMenuContent.MenuItemContainer line) {
                measure(line, found);
            } else if (kind(node) != null) {
                found.add(json(kind(node), false, place(node), place(node), place(row(node))));
            }
        }
        return found.toString();
    }

    /** What a widget of no two states is, or null for other nodes. */
    String kind(Node node) {
        if (node.getProperties().get("kind") instanceof String kind) return kind;
        if (isLine(node) && !entries.contains(((IndexedCell<?>) node).getItem())) return "item";
        return node.getStyleClass().stream().map(PARTS::get).filter(Objects::nonNull).findFirst()
            .orElse(null);
    }

    /** A menu keeps the place of a mark empty, so that only a checked entry is told. */
    void measure(ContextMenuContent.MenuItemContainer line, StringJoiner found) {
        MenuItem item = line.getItem();
        boolean checked = item instanceof CheckMenuItem check && check.isSelected()
            || item instanceof RadioMenuItem radio && radio.isSelected();
        Bounds row = place(line);
        if (checked) {
            String kind = item instanceof RadioMenuItem ? "radio" : "check";
            // the mark is ten wide and high in every font, around a part without a size
            Bounds middle = place(line.lookup(".left-container > ." + kind));
            Bounds mark = new BoundingBox(middle.getMinX() - 5, middle.getMinY() - 5, 10, 10);
            found.add(json(kind, true, mark, joined(mark, texts(line)), row));
        } else if (item.getClass() == MenuItem.class) {
            found.add(json("menuitem", false, row, row, row));
        }
    }

    /** A control: its mark alone, the mark with its label, and the line that it is in. */
    String told(String kind, ButtonBase widget, boolean state, String part) {
        Bounds box = place(widget.lookup(part));
        if (kind.equals("switch")) box = joined(box, place(widget.lookup(".mark")));
        Node row = row(widget);
        Object label = widget.getProperties().getOrDefault("label", isLine(row) ? row : widget);
        return json(kind, state, box, joined(box, texts((Node) label)), place(row));
    }

    /** Where the first text in a node is, or null where it has none. */
    Bounds texts(Node node) {
        for (Node part : node.lookupAll(".text")) {
            if (part instanceof Text text && shown(text) && !text.getText().isEmpty()) {
                return place(text);
            }
        }
        return null;
    }

    /** The line of a list or of settings that a node is in; else the node itself. */
    static Node row(Node node) {
        for (Node above = node; above != null; above = above.getParent()) {
            if (isLine(above) || above.getStyleClass().contains("setting")) return above;
            if (above instanceof ContextMenuContent.MenuItemContainer) return above;
        }
        return node;
    }

    static boolean isLine(Node node) {
        return (node instanceof TableRow || node instanceof ListCell || node instanceof TreeCell)
            && !((IndexedCell<?>) node).isEmpty();
    }

    static boolean shown(Node node) {
        for (Node above = node; above != null; above = above.getParent()) {
            if (!above.isVisible()) return false;
        }
        return true;
    }

    Bounds place(Node node) {
        return root.sceneToLocal(node.localToScene(node.getLayoutBounds()));
    }

    static Bounds joined(Bounds one, Bounds two) {
        if (two == null) return one;
        double left = Math.min(one.getMinX(), two.getMinX());
        double top = Math.min(one.getMinY(), two.getMinY());
        return new BoundingBox(left, top, Math.max(one.getMaxX(), two.getMaxX()) - left,
            Math.max(one.getMaxY(), two.getMaxY()) - top);
    }

    String json(String kind, boolean state, Bounds box, Bounds content, Bounds row) {
        String form = "{'kind': '%s', 'state': %d, 'box': %s, 'content': %s, 'row': %s}";
        return String.format(form.replace('\'', '"'), kind, state ? 1 : 0, json(box), json(content),
            json(row));
    }

    String json(Bounds area) {
        double scale = number("scale");
        return String.format(Locale.ROOT, "[%.2f, %.2f, %.2f, %.2f]", area.getMinX() * scale,
            area.getMinY() * scale, area.getMaxX() * scale, area.getMaxY() * scale);
    }
}
