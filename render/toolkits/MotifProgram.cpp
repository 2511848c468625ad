// Draws windows with Motif for render/toolkits/motif.py, which compiles it. The argument names the
// picture's file. Settings that begin with a star are X resources. Motif tells a toggle's place, its
// margins and the size of its indicator, which stands in the left margin.

#include <Xm/XmAll.h>
#include <Xm/TabStack.h>

#include "native_program.hpp"

using Widgets = std::vector<Widget>;
using Make = Widget (*)(Widget, String, ArgList, Cardinal);

const char* PICTURES[] = {"xm_error", "xm_information", "xm_question", "xm_warning", "xm_working"};

/** A text as Motif takes it; widgets and lists copy what they are given. */
class Text {
    const XmString string;

public:
    explicit Text(const std::string& text)
        : string(XmStringCreateLocalized(const_cast<char*>(text.c_str()))) {}
    ~Text() { XmStringFree(string); }
    Text(const Text&) = delete;
    XmString get() const { return string; }
};

template <class Value>
Value get(Widget widget, const char* resource) {
    Value value{};
    XtVaGetValues(widget, const_cast<char*>(resource), &value, nullptr);
    return value;
}

Box place(Widget widget) {
    Position x, y;
    XtTranslateCoords(widget, 0, 0, &x, &y);
    return {x, y, get<Dimension>(widget, XmNwidth), get<Dimension>(widget, XmNheight)};
}

int textWidth(Widget widget) {
    XmString text = get<XmString>(widget, XmNlabelString);
    const int width = XmStringWidth(get<XmRenderTable>(widget, XmNrenderTable), text);
    XmStringFree(text);
    return width;
}

class Form {
    struct Watched {
        std::string kind;
        Widget widget, apart, row;
    };

    const Sheet& sheet;
    std::vector<Watched> toggles, others;
    Widgets lists;
    Widget shell, parent = nullptr;

public:
    Form(const Sheet& sheet, Display* display) : sheet(sheet) {
        shell = XtVaAppCreateShell("form", "Form", applicationShellWidgetClass, display, XmNx, 0, XmNy, 0,
                                   XmNoverrideRedirect, True, XmNallowShellResize, True, nullptr);
        Widget outer = rows(shell, "outer"), columns = rows(outer, "columns", XmHORIZONTAL);
        for (const auto& column : sheet.columns) {
            Widget holder = rows(columns, "column");
            for (const Block& block : column) add(block, holder);
        }
        parent = rows(outer, "buttons", XmHORIZONTAL);
        for (const Line& button : sheet.buttons) note("button", other("button", button[2], 0, parent));
        XtRealizeWidget(shell);
    }

    ~Form() { XtDestroyWidget(shell); }

    void draw(const std::string& path) {
        XtAppContext context = XtWidgetToApplicationContext(shell);
        for (int i = 0; i < 3; i++) {
            XSync(XtDisplay(shell), False);
            while (XtAppPending(context) & XtIMXEvent) XtAppProcessEvent(context, XtIMXEvent);
        }
        const Box all = place(shell);
        save(XtDisplay(shell), XtWindow(shell), all.w, all.h, path);
    }

    void toggle() {
        for (const Watched& item : toggles) {
            XmToggleButtonSetState(item.widget, !XmToggleButtonGetState(item.widget), False);
        }
    }

    std::vector<Found> controls() const {
        std::vector<Found> found;
        for (const Watched& item : toggles) found.push_back(measure(item));
        for (const Watched& item : others) {
            const Box box = place(item.widget);
            found.push_back({item.kind, false, box, box, {}});
        }
        for (Widget list : lists) {
            const Box all = place(list);
            for (int i = 1; i <= get<int>(list, XmNitemCount); i++) {
                Position x, y;
                Dimension width, height;
                if (!XmListPosToBounds(list, i, &x, &y, &width, &height)) continue;
                const Box box{all.x + x, all.y + y, width, height};
                found.push_back({"item", false, box, box, {}});
            }
        }
        return found;
    }

private:
    /** A toggle's rectangles; one that shows nothing while it is off is then a mere text. */
    static Found measure(const Watched& item) {
        const Box all = place(item.widget), row = place(item.row);
        const int side = get<Dimension>(item.widget, XmNindicatorSize);
        const int edge = get<Dimension>(item.widget, XmNhighlightThickness)
            + get<Dimension>(item.widget, XmNshadowThickness) + get<Dimension>(item.widget, XmNmarginWidth);
        const Box box{all.x + edge, all.y + (all.h - side) / 2, side, side};
        const int end = all.x + edge + get<Dimension>(item.widget, XmNmarginLeft) + textWidth(item.widget);
        Box content{box.x, all.y, std::max(end - box.x, side), all.h};
        if (item.apart) content = {row.x, row.y, box.x + side - row.x, row.h};
        const int look = get<unsigned char>(item.widget, XmNindicatorOn);
        const bool state = XmToggleButtonGetState(item.widget);
        const bool blank = !get<Boolean>(item.widget, XmNvisibleWhenOff)
            || look == XmINDICATOR_CHECK || look == XmINDICATOR_CROSS;
        if (blank && !state) {
            const Box text{all.x + edge, all.y, end - all.x - edge, all.h};
            return {"item", false, item.apart ? content : text, item.apart ? content : text, {}};
        }
        return {item.kind, state, box, content, row};
    }

    static Widget made(Make make, Widget parent, const char* name, ArgList arguments = nullptr, int count = 0) {
        Widget widget = make(parent, const_cast<char*>(name), arguments, count);
        XtManageChild(widget);
        return widget;
    }

    static Widget rows(Widget parent, const char* name, int orientation = XmVERTICAL) {
        Widget widget = made(XmCreateRowColumn, parent, name);
        XtVaSetValues(widget, XmNorientation, orientation, nullptr);
        return widget;
    }

    static Widget text(Widget parent, const std::string& say, const char* name = "label",
                       Make make = XmCreateLabel) {
        const Text string(say);
        Arg argument;
        XtSetArg(argument, XmNlabelString, string.get());
        return made(make, parent, name, &argument, 1);
    }

    void add(const Block& block, Widget column) {
        const std::string& kind = block.head[0];
        if (kind == "list" && block.head[2] != "1") return addList(block, column);
        if (kind == "tree") return addTree(block, column);
        if (kind == "tabs") {
            Widget book = made(XmCreateTabStack, column, "tabs");
            for (size_t i = 1; i < block.head.size(); i++) {
                Widget page = rows(book, "page");
                XtVaSetValues(page, XmNtabLabelString, Text(block.head[i]).get(), nullptr);
                if (i == 1) parent = page;
            }
        } else {
            const bool titled = kind == "group" && !block.head[1].empty();
            Widget frame = kind == "group" && !titled ? column
                : made(XmCreateFrame, column, kind == "group" ? "group" : kind.c_str());
            if (titled) XtVaSetValues(text(frame, block.head[1]), XmNchildType, XmFRAME_TITLE_CHILD, nullptr);
            parent = rows(frame, "inner");
        }
        for (const Line& item : block.items) put(item);
    }

    void put(const Line& item) {
        if (item[0] == "other") {
            note(item[1], other(item[1], item[2], std::stoi(item[3]), rows(parent, "line", XmHORIZONTAL)));
        } else if (item[0] == "entry") {
            std::string all;
            for (size_t i = 2; i < item.size(); i++) all += (i > 2 ? "  " : "") + item[i];
            putToggle({"check", item[1], "1", all});
        } else if (item[0] == "row") {
            Widget line = made(XmCreateForm, parent, "line"), say = text(line, item[4]);
            Widget button = toggle(line, item[1], item[2], item[3], "");
            for (Widget one : {say, button}) {
                XtVaSetValues(one, XmNtopAttachment, XmATTACH_FORM, XmNbottomAttachment, XmATTACH_FORM, nullptr);
            }
            XtVaSetValues(button, XmNrightAttachment, XmATTACH_FORM, nullptr);
            XtVaSetValues(say, XmNleftAttachment, XmATTACH_FORM, XmNrightAttachment, XmATTACH_WIDGET,
                          XmNrightWidget, button, XmNalignment, XmALIGNMENT_BEGINNING, nullptr);
            toggles.push_back({item[1], button, say, line});
        } else {
            putToggle(item);
        }
    }

    void putToggle(const Line& item) {
        Widget button = toggle(parent, item[0], item[1], item[2], item[3]);
        toggles.push_back({item[0], button, nullptr, button});
    }

    static Widget toggle(Widget parent, const std::string& kind, const std::string& state,
                         const std::string& usable, const std::string& say) {
        Widget button = text(parent, say, kind.c_str(), XmCreateToggleButton);
        XmToggleButtonSetState(button, state == "1", False);
        XtSetSensitive(button, usable == "1");
        return button;
    }

    void addList(const Block& block, Widget column) {
        Widget list = made(XmCreateList, column, "list");
        for (const Line& item : block.items) XmListAddItem(list, Text(item[2]).get(), 0);
        XtVaSetValues(list, XmNvisibleItemCount, int(block.items.size()), nullptr);
        XmListSelectPos(list, 1 + sheet.number("chosen") % int(block.items.size()), False);
        lists.push_back(list);
    }

    /** An outline of icons; a branch begins at every 1. */
    void addTree(const Block& block, Widget column) {
        Widget tree = made(XmCreateContainer, column, "tree"), branch = nullptr;
        XtVaSetValues(tree, XmNlayoutType, XmOUTLINE, XmNwidth, 260,
                      XmNheight, int(block.items.size()) * sheet.number("line"), nullptr);
        for (const Line& item : block.items) {
            Widget icon = text(tree, item[2], "icon", XmCreateIconGadget);
            const bool leaf = branch && item[1] == "0";
            if (leaf) XtVaSetValues(icon, XmNentryParent, branch, nullptr);
            else XtVaSetValues(icon, XmNoutlineState, XmEXPANDED, nullptr);
            if (!leaf) branch = icon;
            note("treeitem", icon);
        }
    }

    Widget other(const std::string& kind, const std::string& say, int value, Widget parent) {
        if (kind == "button") return text(parent, say, "button", XmCreatePushButton);
        if (kind == "iconbutton" && value % 2) {
            Widget arrow = made(XmCreateArrowButton, parent, "arrow");
            XtVaSetValues(arrow, XmNarrowDirection, value % 4, nullptr);
            return arrow;
        }
        if (kind == "iconbutton") return picture(text(parent, "", "button", XmCreatePushButton), value);
        if (kind == "iconlabel") {
            Widget pair = rows(parent, "line", XmHORIZONTAL);
            picture(text(pair, ""), value);
            text(pair, say);
            return pair;
        }
        if (kind == "entry") {
            Widget field = made(XmCreateTextField, parent, "field");
            XmTextFieldSetString(field, const_cast<char*>(say.c_str()));
            return field;
        }
        if (kind == "combobox") return value % 2 ? optionMenu(say, parent) : comboBox(say, parent);
        if (kind == "spinbox") {
            Widget spin = made(XmCreateSimpleSpinBox, parent, "spin");
            XtVaSetValues(spin, XmNspinBoxChildType, XmNUMERIC, XmNmaximumValue, 100, XmNposition, value,
                          XmNcolumns, 4, XmNeditable, True, nullptr);
            return spin;
        }
        if (kind == "slider" || kind == "progress") {
            Widget scale = made(XmCreateScale, parent, "scale");
            XtVaSetValues(scale, XmNorientation, XmHORIZONTAL, XmNvalue, value, XmNscaleWidth, 100 + value,
                          XmNshowValue, value % 2 ? int(XmNEAR_SLIDER) : int(XmNONE), XmNslidingMode,
                          kind == "slider" ? XmSLIDER : XmTHERMOMETER, nullptr);
            return scale;
        }
        if (kind == "scrollbar") {
            Widget bar = made(XmCreateScrollBar, parent, "bar");
            // one that was made upright keeps its height
            XtVaSetValues(bar, XmNorientation, XmHORIZONTAL, XmNwidth, 100 + value, XmNheight, 17,
                          XmNsliderSize, 20, XmNvalue, value % 80, nullptr);
            return bar;
        }
        return text(parent, say);
    }

    static Widget picture(Widget widget, int value) {
        Pixmap pixmap = XmGetPixmap(XtScreen(widget), const_cast<char*>(PICTURES[value % 5]),
                                    get<Pixel>(widget, XmNforeground), get<Pixel>(widget, XmNbackground));
        if (pixmap != XmUNSPECIFIED_PIXMAP) {
            XtVaSetValues(widget, XmNlabelType, XmPIXMAP, XmNlabelPixmap, pixmap, nullptr);
        }
        return widget;
    }

    static Widget comboBox(const std::string& say, Widget parent) {
        Widget box = made(XmCreateDropDownComboBox, parent, "combo");
        const Text item(say);
        XmComboBoxAddItem(box, item.get(), 0, False);
        XmComboBoxSelectItem(box, item.get());
        return box;
    }

    static Widget optionMenu(const std::string& say, Widget parent) {
        Widget pane = XmCreatePulldownMenu(parent, const_cast<char*>("pane"), nullptr, 0);
        text(pane, say, "button", XmCreatePushButton);
        Arg argument;
        XtSetArg(argument, XmNsubMenuId, pane);
        return made(XmCreateOptionMenu, parent, "option", &argument, 1);
    }

    void note(const std::string& kind, Widget widget) { others.push_back({kind, widget, nullptr, nullptr}); }
};

int main(int count, char** arguments) {
    const std::string path = arguments[1], toggled = path + ".toggled.ppm";
    XtSetLanguageProc(nullptr, nullptr, nullptr);
    XtToolkitInitialize();
    XtAppContext context = XtCreateApplicationContext();
    Display* display = XtOpenDisplay(context, nullptr, "form", "Form", nullptr, 0, &count, arguments);
    XWarpPointer(display, None, DefaultRootWindow(display), 0, 0, 0, 0, 9999, 9999);
    for (Sheet sheet; readSheet(sheet); sheet = {}) {
        XrmDatabase resources = XtDatabase(display);
        for (const auto& [name, value] : sheet.settings) {
            if (name[0] == '*') XrmPutStringResource(&resources, name.c_str(), value.c_str());
        }
        Form form(sheet, display);
        form.draw(path);
        const std::vector<Found> controls = form.controls();
        form.toggle();
        form.draw(toggled);
        answer(path, toggled, controls);
    }
}
