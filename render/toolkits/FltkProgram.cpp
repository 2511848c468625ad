// Draws windows with FLTK for render/toolkits/fltk.py, which compiles it. The argument names the
// picture's file. FLTK tells a widget's place; where in it the indicator is drawn follows from its
// box and sizes alone, as in Fl_Light_Button.cxx, Fl_Check_Browser.cxx and Fl_Menu.cxx.

#include <FL/Fl.H>
#include <FL/Fl_Box.H>
#include <FL/Fl_Check_Browser.H>
#include <FL/Fl_Check_Button.H>
#include <FL/Fl_Choice.H>
#include <FL/Fl_Clock.H>
#include <FL/Fl_Counter.H>
#include <FL/Fl_Dial.H>
#include <FL/Fl_Hold_Browser.H>
#include <FL/Fl_Input_Choice.H>
#include <FL/Fl_Menu_Button.H>
#include <FL/Fl_Progress.H>
#include <FL/Fl_Return_Button.H>
#include <FL/Fl_Roller.H>
#include <FL/Fl_Round_Button.H>
#include <FL/Fl_Scrollbar.H>
#include <FL/Fl_Spinner.H>
#include <FL/Fl_Tabs.H>
#include <FL/Fl_Tree.H>
#include <FL/Fl_Value_Slider.H>
#include <FL/Fl_Window.H>
#include <FL/fl_draw.H>
#include <FL/x.H>

#include "native_program.hpp"

/** A line of an open menu, drawn by the menu item itself. */
struct MenuLine : Fl_Widget {
    Fl_Menu_Item* item;
    Fl_Menu_* menu;
    bool selected;
    MenuLine(Box b, Fl_Menu_Item* item, Fl_Menu_* menu, bool selected)
        : Fl_Widget(b.x, b.y, b.w, b.h), item(item), menu(menu), selected(selected) {}
    void draw() override { item->draw(x(), y(), w(), h(), menu, selected); }
};

const char* ICONS[] = {"@search", "@refresh", "@fileopen", "@filesave", "@fileprint", "@undo", "@redo",
                       "@->", "@<-", "@>>", "@|>", "@2->", "@8->", "@menu", "@returnarrow", "@+"};
const Fl_Boxtype FRAMES[] = {FL_ENGRAVED_FRAME, FL_EMBOSSED_FRAME, FL_BORDER_FRAME, FL_DOWN_FRAME,
                             FL_UP_BOX, FL_THIN_UP_BOX, FL_DOWN_BOX, FL_NO_BOX};
const Fl_Boxtype SQUARES[] = {FL_DOWN_BOX, FL_UP_BOX, FL_THIN_DOWN_BOX, FL_DIAMOND_DOWN_BOX};
const Fl_Boxtype ROUNDS[] = {FL_ROUND_DOWN_BOX, FL_ROUND_UP_BOX, FL_DIAMOND_DOWN_BOX};

Fl_Color color(const std::string& code) {
    const int value = std::stoi(code.substr(1), nullptr, 16);
    return fl_rgb_color(value >> 16, value >> 8 & 255, value & 255);
}

int textWidth(const std::string& text) {
    int width = 0, height = 0;
    fl_font(FL_HELVETICA, FL_NORMAL_SIZE);
    fl_measure(text.c_str(), width, height, 1);
    return width;
}

class Form {
    const Sheet& sheet;
    const int size, line, edge;
    std::vector<Found> found;
    std::vector<Fl_Button*> buttons;  // of each found control, null for those without one
    std::vector<Fl_Check_Browser*> browsers;
    std::vector<Fl_Tree*> trees;
    std::vector<std::vector<Fl_Menu_Item>> menus;  // items are pointed to, and stay where they are
    Fl_Window window{0, 0, 10, 10};

public:
    explicit Form(const Sheet& sheet)
        : sheet(sheet), size(sheet.number("size")), line(size + sheet.number("pad")),
          edge(4 + sheet.number("gap")) {
        int x = edge, bottom = 0;
        for (const auto& column : sheet.columns) {
            const int width = columnWidth(column);
            int y = edge;
            for (const Block& block : column) y = add(block, x, y, width) + edge;
            x += width + edge;
            bottom = std::max(bottom, y);
        }
        addButtons(bottom);
        window.end();
        window.size(x, bottom + (sheet.buttons.empty() ? 0 : line + edge));
        window.show();
        window.wait_for_expose();
    }

    void draw(const std::string& path) {
        window.make_current();  // the lines of an earlier form may have been others
        XSetLineAttributes(fl_display, fl_gc, 0, LineSolid, CapButt, JoinMiter);
        window.redraw();
        Fl::flush();
        save(fl_display, fl_xid(&window), window.w(), window.h(), path);
    }

    void toggle() {
        for (Fl_Button* button : buttons) {
            if (button) button->value(!button->value());
        }
        for (Fl_Check_Browser* browser : browsers) {
            for (int i = 1; i <= browser->nitems(); i++) browser->checked(i, !browser->checked(i));
        }
        for (auto& menu : menus) {
            for (Fl_Menu_Item& item : menu) item.value() ? item.clear() : item.set();
        }
    }

    std::vector<Found> controls() const {
        std::vector<Found> all = found;
        for (Fl_Tree* tree : trees) {
            for (Fl_Tree_Item* item = tree->first(); item; item = tree->next(item)) {
                const Box box{item->x(), item->y(), item->label_x() - item->x() + item->label_w(), item->h()};
                if (item->visible_r()) all.push_back({"treeitem", false, box, box, {}});
            }
        }
        return all;
    }

private:
    int columnWidth(const std::vector<Block>& column) const {
        int width = 120;
        for (const Block& block : column) {
            for (const Line& item : block.items) {
                int all = 0;
                for (const std::string& text : item) {
                    all = item[0] == "entry" ? all + textWidth(text) : std::max(all, textWidth(text));
                }
                width = std::max(width, all + 4 * size + 50);
            }
        }
        return width;
    }

    int add(const Block& block, int x, int y, int width) {
        const std::string& kind = block.head[0];
        if (kind == "list") return addList(block, x, y, width);
        if (kind == "tree") return addTree(block, x, y, width);
        if (kind == "menu") return addMenu(block, x, y, width);
        return addGroup(block, x, y, width);
    }

    /** A frame with its title above, or tabs whose first page is filled. */
    int addGroup(const Block& block, int x, int y, int width) {
        const bool tabs = block.head[0] == "tabs";
        const int gap = tabs ? 2 : std::stoi(block.head[2]);
        const int height = int(block.items.size()) * (line + gap) + 2 * edge;
        if (tabs) {
            Fl_Tabs* book = new Fl_Tabs(x, y, width, height + line);
            for (size_t i = 1; i < block.head.size(); i++) {
                Fl_Group* page = new Fl_Group(x, y + line, width, height);
                page->copy_label(block.head[i].c_str());
                page->end();
                if (i > 1) page->hide();
            }
            book->end();
            y += line;
        } else if (!block.head[1].empty()) {
            y += line;
            Fl_Box* frame = new Fl_Box(FRAMES[sheet.number("frame")], x, y, width, height, nullptr);
            frame->copy_label(block.head[1].c_str());
            frame->align(FL_ALIGN_TOP_LEFT);
        }
        int top = y + edge;
        for (const Line& item : block.items) {
            put(item, {x + edge, top, width - 2 * edge, line});
            top += line + gap;
        }
        return y + height;
    }

    int addList(const Block& block, int x, int y, int width) {
        const bool checkable = block.head[2] == "1";
        fl_font(FL_HELVETICA, size);  // lines without a check box are as high as their font
        const int height = checkable ? size + 2 : fl_height(), count = int(block.items.size());
        Fl_Check_Browser* checks = checkable ? new Fl_Check_Browser(x, y, width, 0) : nullptr;
        Fl_Hold_Browser* plain = checkable ? nullptr : new Fl_Hold_Browser(x, y, width, 0);
        Fl_Browser_* list = checkable ? static_cast<Fl_Browser_*>(checks) : plain;
        list->box(FL_DOWN_BOX);
        list->textsize(size);
        list->has_scrollbar(0);
        const int left = x + Fl::box_dx(list->box()), top = y + Fl::box_dy(list->box());
        list->size(width, count * height + Fl::box_dh(list->box()));
        for (int i = 0; i < count; i++) {
            std::string text;
            for (size_t j = 2; j < block.items[i].size(); j++) text += block.items[i][j] + "  ";
            const Box row{left, top + i * height, width - Fl::box_dw(list->box()), height};
            const int before = checkable ? size + 6 : 6;
            const Box content{left + 2, row.y, std::min(textWidth(text) + before, row.w - 2), height};
            if (checkable) {
                checks->add(text.c_str(), block.items[i][1] == "1");
                const Box box{left + 2, row.y + 1, size - 1, size - 1};
                note({"check", checks->checked(i + 1) != 0, box, content, row}, nullptr);
            } else {
                plain->add(text.c_str());
                note({"item", false, content, content, {}}, nullptr);
            }
        }
        if (checkable) browsers.push_back(checks);
        else plain->value(1 + sheet.number("chosen") % count);
        return list->y() + list->h();
    }

    int addTree(const Block& block, int x, int y, int width) {
        Fl_Tree* tree = new Fl_Tree(x, y, width, 0);
        const int height = int(block.items.size()) * (size + 8) + 12;
        tree->size(width, height);
        tree->showroot(0);
        tree->item_labelsize(size);
        tree->item_labelfgcolor(FL_FOREGROUND_COLOR);
        tree->connectorstyle(Fl_Tree_Connector(sheet.number("chosen") % 3));
        Fl_Tree_Item* branch = nullptr;
        for (const Line& item : block.items) {
            const bool leaf = branch && item[1] == "0";
            Fl_Tree_Item* added = tree->add(leaf ? branch : tree->root(), item[2].c_str());
            if (!leaf) branch = added;
        }
        for (Fl_Tree_Item* item = tree->first(); item; item = tree->next(item)) {
            if (item->has_children() && !item->is_root() && item->children() == 1) item->close();
        }
        tree->end();
        trees.push_back(tree);
        return y + height;
    }

    /** An open menu's pane with toggles in it. */
    int addMenu(const Block& block, int x, int y, int width) {
        const int count = int(block.items.size()), inset = 3;
        new Fl_Box(FL_UP_BOX, x, y, width, count * line + 2 * inset, nullptr);
        Fl_Menu_Button* menu = new Fl_Menu_Button(0, 0, 1, 1);
        menu->hide();
        menus.emplace_back(count);
        for (int i = 0; i < count; i++) {
            const Line& item = block.items[i];
            const bool radio = item[0] == "radio";
            int flags = radio ? FL_MENU_RADIO : FL_MENU_TOGGLE;
            if (item[1] == "1") flags |= FL_MENU_VALUE;
            if (item[2] == "0") flags |= FL_MENU_INACTIVE;
            Fl_Menu_Item& made = menus.back()[i] = Fl_Menu_Item();
            made.text = item[3].c_str();
            made.flags = flags;
            const Box row{x + inset, y + inset + i * line, width - 2 * inset, line};
            const int above = (line - FL_NORMAL_SIZE + 1) / 2, side = line - 2 * above;
            const Box box{row.x + 2, row.y + above, side, side};
            const Box content{box.x, row.y, side + 6 + textWidth(item[3]), line};
            new MenuLine(row, &made, menu, std::stoi(block.head[1]) == i);
            note({radio ? "radio" : "check", made.value() != 0, box, content, row}, nullptr);
        }
        return y + count * line + 2 * inset;
    }

    void put(const Line& item, Box area) {
        if (item[0] == "other") {
            putOther(item[1], item[2], std::stoi(item[3]), area);
        } else if (item[0] == "row") {
            const int side = size + 12;
            label(item[4], {area.x, area.y, area.w - side, area.h});
            Fl_Button* button = control(item[1], {area.x + area.w - side, area.y, side, area.h});
            set(button, item[2], item[3]);
            const Box box = indicator(button);
            const Box content{area.x, area.y, box.x + box.w - area.x, area.h};
            note({item[1], button->value() != 0, box, content, area}, button);
        } else {
            const int wide = textWidth(item[3]) + 2 * size + 12;
            Fl_Button* button = control(item[0], {area.x, area.y, std::min(wide, area.w), area.h});
            set(button, item[1], item[2]);
            button->copy_label(item[3].c_str());
            const Box box = indicator(button);
            Box content = box;
            if (item[0] != "switch") {  // the label begins two pixels after the indicator, indented by three
                content.w = std::min(box.w + 5 + textWidth(item[3]), button->x() + button->w() - box.x);
            }
            note({item[0], button->value() != 0, box, content, {area.x, area.y, button->w(), area.h}},
                 button);
        }
    }

    Fl_Button* control(const std::string& kind, Box b) {
        if (kind == "switch") {
            Fl_Button* lamp = new Fl_Light_Button(b.x, b.y, b.w, b.h);
            lamp->selection_color(color(sheet.text("lamp")));
            return lamp;
        }
        const bool radio = kind == "radio";
        Fl_Button* button = radio ? static_cast<Fl_Button*>(new Fl_Round_Button(b.x, b.y, b.w, b.h))
                                  : new Fl_Check_Button(b.x, b.y, b.w, b.h);
        button->down_box(radio ? ROUNDS[sheet.number("round")] : SQUARES[sheet.number("square")]);
        button->selection_color(color(sheet.text("mark")));
        if (sheet.number("raised")) button->box(FL_THIN_UP_BOX);
        return button;
    }

    static void set(Fl_Button* button, const std::string& state, const std::string& usable) {
        button->value(state == "1");
        if (usable == "0") button->deactivate();
    }

    /** Where a button draws its mark: a light button is one as a whole. */
    static Box indicator(const Fl_Button* button) {
        if (!button->down_box()) return {button->x(), button->y(), button->w(), button->h()};
        const int side = button->labelsize();
        return {button->x() + Fl::box_dx(button->box()) + 2,
                button->y() + (button->h() - side) / 2, side, side};
    }

    Fl_Box* label(const std::string& text, Box b) {
        Fl_Box* box = new Fl_Box(b.x, b.y, b.w, b.h);
        box->copy_label(text.c_str());
        box->align(FL_ALIGN_LEFT | FL_ALIGN_INSIDE);
        return box;
    }

    void addButtons(int y) {
        int x = edge;
        for (const Line& button : sheet.buttons) {
            const int width = textWidth(button[2]) + 2 * size;
            putOther("button", button[2], 1, {x, y, width, line});
            x += width + 8;
        }
    }

    void putOther(const std::string& kind, const std::string& text, int value, Box b) {
        Fl_Widget* widget = other(kind, text, value, b);
        const Box box{widget->x(), widget->y(), widget->w(), widget->h()};
        note({kind, false, box, box, {}}, nullptr);
    }

    Fl_Widget* other(const std::string& kind, const std::string& text, int value, Box b) {
        const char* icon = ICONS[value % (sizeof ICONS / sizeof *ICONS)];
        const int wide = std::min(b.w, 8 * size + value), width = textWidth(text);
        if (kind == "button" || kind == "iconbutton") {
            const bool plain = kind == "button";
            Fl_Button* button = plain && value % 6 == 0
                ? new Fl_Return_Button(b.x, b.y, width + 4 * size, b.h)
                : new Fl_Button(b.x, b.y, plain ? width + 2 * size : b.h + value % 5, b.h);
            button->copy_label(plain ? text.c_str() : icon);
            return button;
        }
        if (kind == "iconlabel") {
            const std::string all = std::string(icon) + "  " + text;
            return label(all, {b.x, b.y, std::min(b.w, textWidth(all) + 10), b.h});
        }
        if (kind == "entry") {
            Fl_Input* input = new Fl_Input(b.x, b.y, wide, b.h);
            input->value(text.c_str());
            return input;
        }
        if (kind == "combobox") return choice(text, value, {b.x, b.y, std::min(b.w, width + 40), b.h});
        if (kind == "spinbox") {
            if (value % 3 == 0) return valued(new Fl_Counter(b.x, b.y, std::max(wide, 90), b.h), value);
            Fl_Spinner* spinner = new Fl_Spinner(b.x, b.y, 4 * size + 20, b.h);
            spinner->value(value);
            return spinner;
        }
        if (kind == "slider") return slider(value, {b.x, b.y, wide, b.h});
        if (kind == "scrollbar") {
            Fl_Scrollbar* bar = new Fl_Scrollbar(b.x, b.y, wide, 16);
            bar->type(FL_HORIZONTAL);
            bar->value(value, 30, 0, 130);
            return bar;
        }
        if (kind == "progress") {
            Fl_Progress* bar = new Fl_Progress(b.x, b.y, wide, b.h);
            bar->selection_color(FL_SELECTION_COLOR);
            bar->value(float(value));
            return bar;
        }
        Fl_Box* box = label(text, {b.x, b.y, std::min(b.w, width + 8), b.h});
        if (kind == "link") box->labelcolor(FL_BLUE);
        return box;
    }

    Fl_Widget* choice(const std::string& text, int value, Box b) {
        if (value % 3 == 0) {
            Fl_Input_Choice* input = new Fl_Input_Choice(b.x, b.y, b.w, b.h);
            input->value(text.c_str());
            return input;
        }
        Fl_Menu_* menu = value % 3 == 1 ? static_cast<Fl_Menu_*>(new Fl_Choice(b.x, b.y, b.w, b.h))
                                        : new Fl_Menu_Button(b.x, b.y, b.w, b.h);
        menu->copy_label(value % 3 == 1 ? "" : text.c_str());
        if (value % 3 == 1) {
            menu->add("x");
            menu->replace(0, text.c_str());
            static_cast<Fl_Choice*>(menu)->value(0);
        }
        return menu;
    }

    static Fl_Valuator* valued(Fl_Valuator* widget, int value) {
        widget->range(0, 100);
        widget->value(value);
        return widget;
    }

    Fl_Widget* slider(int value, Box b) {
        static const int types[] = {FL_HOR_SLIDER, FL_HOR_NICE_SLIDER, FL_HOR_FILL_SLIDER};
        if (value % 7 == 0) return valued(new Fl_Dial(b.x, b.y, b.h, b.h), value);
        if (value % 7 == 1) {
            Fl_Roller* roller = new Fl_Roller(b.x, b.y, b.w / 2, b.h);
            roller->type(FL_HORIZONTAL);
            return roller;
        }
        Fl_Slider* made = value % 7 < 4 ? new Fl_Slider(b.x, b.y, b.w, b.h)
                                        : new Fl_Value_Slider(b.x, b.y, b.w, b.h);
        made->type(types[value % 3]);
        return valued(made, value);
    }

    void note(const Found& control, Fl_Button* button) {
        found.push_back(control);
        buttons.push_back(button);
    }
};

/** Sets the scheme, the font and the colors of all widgets. */
void dress(const Sheet& sheet) {
    static std::string family;  // FLTK keeps the pointer
    family = sheet.text("family");
    Fl::set_font(FL_HELVETICA, family.c_str());
    FL_NORMAL_SIZE = sheet.number("size");
    uchar red, green, blue;
    Fl::get_color(color(sheet.text("ink")), red, green, blue);
    Fl::foreground(red, green, blue);
    Fl::get_color(color(sheet.text("paper")), red, green, blue);
    Fl::background2(red, green, blue);
    Fl::get_color(color(sheet.text("ground")), red, green, blue);
    Fl::background(red, green, blue);
    Fl::set_color(FL_SELECTION_COLOR, color(sheet.text("select")));
    Fl::scheme(sheet.text("scheme").c_str());
}

int main(int, char** arguments) {
    const std::string path = arguments[1], toggled = path + ".toggled.ppm";
    Fl::visible_focus(0);
    fl_open_display();
    for (Sheet sheet; readSheet(sheet); sheet = {}) {
        dress(sheet);
        Form form(sheet);
        form.draw(path);
        const std::vector<Found> controls = form.controls();
        form.toggle();
        form.draw(toggled);
        answer(path, toggled, controls);
    }
}
