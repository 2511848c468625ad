// Draws windows with Swing for render/toolkits/swing.py; the argument names a FILE.
// Of the lines of a form it writes the picture to FILE and, with all states
// turned, to FILE.toggled.png, and prints one line of JSON with the controls' rectangles.

import java.awt.*;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.*;
import java.util.*;
import java.util.List;
import javax.imageio.ImageIO;
import javax.swing.*;
import javax.swing.plaf.ColorUIResource;
import javax.swing.plaf.FontUIResource;
import javax.swing.plaf.basic.BasicRadioButtonUI;
import javax.swing.plaf.metal.*;
import javax.swing.plaf.nimbus.NimbusLookAndFeel;
import javax.swing.table.DefaultTableModel;
import javax.swing.text.StyleContext;

public class SwingProgram {
    static final String[] ICONS = {
        "OptionPane.warningIcon", "OptionPane.errorIcon", "OptionPane.informationIcon",
        "OptionPane.questionIcon", "FileView.directoryIcon", "FileView.fileIcon",
        "FileView.computerIcon", "FileView.hardDriveIcon", "FileChooser.upFolderIcon",
        "FileChooser.newFolderIcon", "Tree.expandedIcon", "Tree.collapsedIcon"};

    static final String[] FONTS = {
        "Button", "CheckBox", "ComboBox", "FormattedTextField", "Label", "List", "Panel",
        "ProgressBar", "RadioButton", "Slider", "Spinner", "TabbedPane", "Table", "TextField",
        "TitledBorder"};

    record Watched(String kind, boolean state, JComponent widget, JComponent apart, JComponent row) {}

    final Map<String, String> settings = new HashMap<>();
    final List<Watched> watched = new ArrayList<>();
    final List<JTable> tables = new ArrayList<>();
    final JPanel root = new JPanel(new BorderLayout());
    final JPanel columns = new JPanel();
    JPanel column, parent;
    boolean checkable;
    int gap;

    public static void main(String[] arguments) {
        Forms.answer(arguments[0], () -> { }, SwingUtilities::invokeLater, SwingProgram::answer);
    }

    static String answer(List<String[]> lines, String path) throws Exception {
        Map<String, String> settings = new HashMap<>();
        for (String[] line : lines) if (line[0].equals("set")) settings.put(line[1], line[2]);
        dress(settings);
        SwingProgram form = new SwingProgram(lines);
        setFonts(form.root, UIManager.getFont("CheckBox.font"));
        form.root.setSize(form.root.getPreferredSize());
        layOut(form.root);
        double scale = Double.parseDouble(settings.get("scale"));
        ImageIO.write(form.paint(scale), "png", new File(path));
        String controls = form.measure(scale);
        form.toggle();
        ImageIO.write(form.paint(scale), "png", new File(path + ".toggled.png"));
        return "{\"picture\": \"" + path + "\", \"toggled\": \"" + path
            + ".toggled.png\", \"controls\": [" + controls + "]}";
    }

    /** Sets the look and feel, its font, and colors where some are given. */
    static void dress(Map<String, String> settings) throws Exception {
        for (Object key : new ArrayList<>(UIManager.getDefaults().keySet())) UIManager.put(key, null);
        String look = settings.get("theme");
        MetalLookAndFeel.setCurrentTheme(
            look.equals("Steel") ? new DefaultMetalTheme() : new OceanTheme());
        String motif = "com.sun.java.swing.plaf.motif.MotifLookAndFeel";
        UIManager.setLookAndFeel(switch (look) {
            case "Nimbus" -> "javax.swing.plaf.nimbus.NimbusLookAndFeel";
            case "Motif" -> motif;
            default -> "javax.swing.plaf.metal.MetalLookAndFeel";
        });
        int style = settings.get("bold").equals("1") ? Font.BOLD : Font.PLAIN;
        // a style context's fonts take missing characters from other fonts, as desktops do
        FontUIResource font = new FontUIResource(StyleContext.getDefaultStyleContext().getFont(
            settings.get("family"), style, Integer.parseInt(settings.get("size"))));
        UIDefaults defaults = UIManager.getLookAndFeelDefaults();
        defaults.put("defaultFont", font);
        for (String name : FONTS) UIManager.put(name + ".font", font);
        if (settings.get("ground").isEmpty()) return;
        ColorUIResource ground = new ColorUIResource(Color.decode(settings.get("ground")));
        ColorUIResource ink = new ColorUIResource(Color.decode(settings.get("ink")));
        UIManager.put("control", ground);
        for (String name : new String[] {"Panel", "CheckBox", "RadioButton", "Label", "OptionPane"}) {
            UIManager.put(name + ".background", ground);
            UIManager.put(name + ".foreground", ink);
        }
        UIManager.put("TitledBorder.titleColor", ink);
    }

    SwingProgram(List<String[]> lines) {
        columns.setLayout(new BoxLayout(columns, BoxLayout.X_AXIS));
        root.add(columns, BorderLayout.CENTER);
        for (String[] line : lines) {
            switch (line[0]) {
                case "set" -> settings.put(line[1], line[2]);
                case "column" -> addColumn();
                case "group" -> addGroup(line[1], Integer.parseInt(line[2]));
                case "tabs" -> addTabs(line);
                case "buttons" -> addButtons();
                case "row" -> addRow(Arrays.copyOfRange(line, 1, line.length));
                case "list" -> addTable(line);
                case "entry" -> addEntry(line);
                case "other" -> addOther(line[1], line[2], Integer.parseInt(line[3]));
                default -> addControl(line);
            }
        }
    }

    void addColumn() {
        column = new JPanel();
        column.setLayout(new BoxLayout(column, BoxLayout.Y_AXIS));
        column.setAlignmentY(0);
        int gap = Integer.parseInt(settings.get("gap"));
        column.setBorder(BorderFactory.createEmptyBorder(gap, gap, gap, gap));
        columns.add(column);
        parent = column;
    }

    void addGroup(String title, int gap) {
        parent = new JPanel(new GridBagLayout());
        this.gap = gap;
        JPanel holder = new JPanel(new BorderLayout());
        if (!title.isEmpty()) holder.setBorder(BorderFactory.createTitledBorder(title));
        holder.add(parent, BorderLayout.NORTH);
        column.add(holder);
    }

    void addTabs(String[] titles) {
        JTabbedPane tabs = new JTabbedPane();
        parent = new JPanel(new GridBagLayout());
        JPanel holder = new JPanel(new BorderLayout());
        holder.add(parent, BorderLayout.NORTH);
        tabs.addTab(titles[1], holder);
        for (int i = 2; i < titles.length; i++) tabs.addTab(titles[i], new JPanel());
        column.add(tabs);
    }

    void addButtons() {
        parent = new JPanel(new FlowLayout(FlowLayout.RIGHT));
        root.add(parent, BorderLayout.SOUTH);
    }

    /** Adds a component below the others, as wide as its group. */
    void put(JComponent component) {
        GridBagConstraints below = new GridBagConstraints();
        below.gridx = 0;
        below.weightx = 1;
        below.fill = GridBagConstraints.HORIZONTAL;
        below.insets = new Insets(0, 0, gap, 0);
        setFonts(component, UIManager.getFont("CheckBox.font"));
        component.setMinimumSize(component.getPreferredSize());
        parent.add(component, parent.getLayout() instanceof GridBagLayout ? below : null);
    }

    JToggleButton control(String kind, boolean state, boolean usable, String text) {
        JToggleButton widget = kind.equals("radio") ? new JRadioButton(text) : new JCheckBox(text);
        widget.setSelected(state);
        widget.setEnabled(usable);
        return widget;
    }

    void addControl(String[] line) {
        boolean state = line[1].equals("1");
        JToggleButton widget = control(line[0], state, line[2].equals("1"), line[3]);
        put(widget);
        watched.add(new Watched(line[0], state, widget, null, widget));
    }

    void addRow(String[] line) {
        boolean state = line[1].equals("1");
        JPanel row = new JPanel(new BorderLayout(12, 0));
        JLabel label = new JLabel(line[3] + "  ");
        JToggleButton widget = control(line[0], state, line[2].equals("1"), "");
        row.add(label, BorderLayout.WEST);
        row.add(widget, BorderLayout.EAST);
        put(row);
        watched.add(new Watched(line[0], state, widget, label, row));
    }

    void addTable(String[] line) {
        checkable = line[2].equals("1");
        int count = Integer.parseInt(line[1]) + (checkable ? 1 : 0);
        final boolean first = checkable;
        DefaultTableModel model = new DefaultTableModel(0, count) {
            @Override public Class<?> getColumnClass(int column) {
                return first && column == 0 ? Boolean.class : String.class;
            }
        };
        JTable table = new JTable(model);
        table.setFont(UIManager.getFont("CheckBox.font"));
        table.setRowHeight(Math.max(18, table.getFontMetrics(table.getFont()).getHeight() + 4));
        if (checkable) table.getColumnModel().getColumn(0).setPreferredWidth(40);
        column.add(table);
        tables.add(table);
    }

    void addEntry(String[] line) {
        List<Object> cells = new ArrayList<>();
        if (checkable) cells.add(line[1].equals("1"));
        cells.addAll(Arrays.asList(line).subList(2, line.length));
        ((DefaultTableModel) tables.get(tables.size() - 1).getModel()).addRow(cells.toArray());
    }

    void addOther(String kind, String text, int value) {
        // Nimbus asks for the pointer's place when it makes a slider, which fails without a screen
        boolean nimbus = settings.get("theme").equals("Nimbus");
        Icon icon = UIManager.getIcon(ICONS[value % ICONS.length]);
        JComponent widget = switch (kind) {
            case "button" -> new JButton(text);
            // Motif lacks half of the icons, and a button of nothing is a small empty square
            case "iconbutton" -> icon == null ? new JButton(text) : new JButton(icon);
            case "iconlabel" -> new JLabel(text, icon, SwingConstants.LEFT);
            case "entry" -> new JTextField(text, value < 15 ? 7 : 12);
            case "spinbox" -> new JSpinner(new SpinnerNumberModel(value, 0, 9999, 1));
            case "combobox" -> new JComboBox<>(new String[] {text});
            case "slider" -> nimbus ? progress(value) : new JSlider(0, 100, value);
            case "progress" -> progress(value);
            case "scrollbar" -> new JScrollBar(JScrollBar.HORIZONTAL, value / 2, 30, 0, 100);
            case "link" -> new JLabel("<html><u>" + text + "</u></html>");
            default -> new JLabel(text);
        };
        JPanel holder = new JPanel(new FlowLayout(FlowLayout.LEFT, 4, 0));
        if (widget instanceof JScrollBar) widget.setPreferredSize(new Dimension(120, 16));
        holder.add(widget);
        put(holder);
        watched.add(new Watched(kind, false, widget, null, null));
    }

    static JProgressBar progress(int value) {
        JProgressBar bar = new JProgressBar();
        bar.setValue(value);
        return bar;
    }

    /** Nimbus gives labels the font of the settings only in the first window of a program. */
    static void setFonts(Component component, Font font) {
        component.setFont(font);
        if (component instanceof Container container) {
            for (Component child : container.getComponents()) setFonts(child, font);
        }
    }

    /** Lays out components that no screen shows. */
    static void layOut(Component component) {
        component.doLayout();
        if (component instanceof Container container) {
            for (Component child : container.getComponents()) layOut(child);
        }
    }

    BufferedImage paint(double scale) {
        int width = (int) Math.ceil(root.getWidth() * scale);
        int height = (int) Math.ceil(root.getHeight() * scale);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        Object hint = switch (settings.get("antialias")) {
            case "colored" -> RenderingHints.VALUE_TEXT_ANTIALIAS_LCD_HRGB;
            case "none" -> RenderingHints.VALUE_TEXT_ANTIALIAS_OFF;
            default -> RenderingHints.VALUE_TEXT_ANTIALIAS_ON;
        };
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, hint);
        graphics.transform(AffineTransform.getScaleInstance(scale, scale));
        root.print(graphics);
        graphics.dispose();
        return image;
    }

    void toggle() {
        for (Watched item : watched) {
            if (item.widget instanceof JToggleButton button) button.setSelected(!button.isSelected());
        }
        for (JTable table : tables) {
            if (table.getColumnClass(0) != Boolean.class) continue;
            for (int row = 0; row < table.getRowCount(); row++) {
                table.setValueAt(!(Boolean) table.getValueAt(row, 0), row, 0);
            }
        }
    }

    String measure(double scale) {
        StringJoiner found = new StringJoiner(", ");
        for (Watched item : watched) {
            Rectangle all = place(item.widget, new Rectangle(item.widget.getSize()));
            if (item.row == null) {
                found.add(control(item.kind, false, all, all, null, scale));
                continue;
            }
            JToggleButton button = (JToggleButton) item.widget;
            if (button.isSelected() != item.state) throw new IllegalStateException(item.kind);
            Rectangle icon = new Rectangle(), text = new Rectangle();
            parts(button, icon, text);
            Rectangle box = place(button, icon);
            Rectangle content = button.getText().isEmpty() ? box : box.union(place(button, text));
            if (item.apart != null) {
                Rectangle label = new Rectangle(item.apart.getSize());
                content = content.union(place(item.apart, label));
            }
            Rectangle row = place(item.row, new Rectangle(item.row.getSize()));
            found.add(control(item.kind, item.state, box, content, row, scale));
        }
        for (JTable table : tables) measure(table, found, scale);
        return found.toString();
    }

    /** The lines of a table: the check box is centered in its cell, the text of the next follows. */
    void measure(JTable table, StringJoiner found, double scale) {
        for (int line = 0; line < table.getRowCount(); line++) {
            Rectangle first = table.getCellRect(line, 0, false);
            Rectangle row = place(table, new Rectangle(0, first.y, table.getWidth(), first.height));
            if (table.getColumnClass(0) != Boolean.class) {
                Rectangle cell = place(table, first);
                found.add(control("item", false, cell, cell, row, scale));
                continue;
            }
            JCheckBox box = (JCheckBox) table.prepareRenderer(table.getCellRenderer(line, 0), line, 0);
            box.setSize(first.getSize());
            Rectangle icon = new Rectangle(), text = new Rectangle();
            parts(box, icon, text);
            icon.translate(first.x, first.y);
            Rectangle content = icon.union(table.getCellRect(line, 1, false));
            found.add(control("check", (Boolean) table.getValueAt(line, 0), place(table, icon),
                place(table, content), row, scale));
        }
    }

    /** Where a button's look and feel puts its icon and its text. */
    static void parts(AbstractButton button, Rectangle icon, Rectangle text) {
        Icon picture = button.getUI() instanceof BasicRadioButtonUI basic
            ? basic.getDefaultIcon()
            : UIManager.getIcon(button instanceof JRadioButton ? "RadioButton.icon" : "CheckBox.icon");
        Insets edge = button.getInsets();
        Rectangle view = new Rectangle(edge.left, edge.top,
            button.getWidth() - edge.left - edge.right, button.getHeight() - edge.top - edge.bottom);
        SwingUtilities.layoutCompoundLabel(button, button.getFontMetrics(button.getFont()),
            button.getText(), picture, button.getVerticalAlignment(),
            button.getHorizontalAlignment(), button.getVerticalTextPosition(),
            button.getHorizontalTextPosition(), view, icon, text, button.getIconTextGap());
        // Nimbus keeps two pixels of its icons' edge empty, for the light around what has the focus
        if (UIManager.getLookAndFeel() instanceof NimbusLookAndFeel) icon.grow(-2, -2);
    }

    Rectangle place(Component component, Rectangle area) {
        return SwingUtilities.convertRectangle(component, area, root);
    }

    static String control(String kind, boolean state, Rectangle box, Rectangle content,
                          Rectangle row, double scale) {
        return "{\"kind\": \"" + kind + "\", \"state\": " + (state ? 1 : 0) + ", \"box\": "
            + json(box, scale) + ", \"content\": " + json(content, scale) + ", \"row\": "
            + (row == null ? "null" : json(row, scale)) + "}";
    }

    static String json(Rectangle area, double scale) {
        return String.format(Locale.ROOT, "[%.2f, %.2f, %.2f, %.2f]", area.x * scale,
            area.y * scale, (area.x + area.width) * scale, (area.y + area.height) * scale);
    }
}
