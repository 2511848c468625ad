// What FltkProgram.cpp and MotifProgram.cpp share: forms as lines, pictures, the answer as JSON.
#pragma once

#include <X11/Xlib.h>
#include <X11/Xutil.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using Line = std::vector<std::string>;

struct Block {
    Line head;
    std::vector<Line> items;
};

/** A form: settings, columns of blocks, and the buttons below them. */
struct Sheet {
    std::map<std::string, std::string> settings;
    std::vector<std::vector<Block>> columns;
    std::vector<Line> buttons;

    const std::string& text(const std::string& name) const { return settings.at(name); }
    int number(const std::string& name) const { return std::stoi(settings.at(name)); }
};

struct Box {
    int x, y, w, h;
};

/** A control of a form: `row` is empty for one that is in no row. */
struct Found {
    std::string kind;
    bool state;
    Box box, content, row;
};

inline Line split(const std::string& text) {
    Line parts;
    std::string part;
    for (std::istringstream in(text); std::getline(in, part, '\t');) parts.push_back(part);
    if (!text.empty() && text.back() == '\t') parts.push_back("");
    return parts;
}

/** Reads the lines of a form up to an empty one; gives whether there was one. */
inline bool readSheet(Sheet& sheet) {
    static const std::vector<std::string> heads{"group", "tabs", "list", "tree", "menu"};
    bool below = false;
    for (std::string text; std::getline(std::cin, text);) {
        if (text.empty()) return true;
        const Line line = split(text);
        if (line[0] == "set") sheet.settings[line[1]] = line.size() > 2 ? line[2] : "";
        else if (line[0] == "column") sheet.columns.emplace_back();
        else if (line[0] == "buttons") below = true;
        else if (std::count(heads.begin(), heads.end(), line[0]))
            sheet.columns.back().push_back({line, {}});
        else (below ? sheet.buttons : sheet.columns.back().back().items).push_back(line);
    }
    return false;
}

/** Writes the part of a window that is on the screen as a PPM file. */
inline void save(Display* display, Window window, int width, int height, const std::string& path) {
    const int screen = DefaultScreen(display);
    width = std::min(width, DisplayWidth(display, screen));
    height = std::min(height, DisplayHeight(display, screen));
    XSync(display, False);
    XImage* image = XGetImage(display, window, 0, 0, width, height, AllPlanes, ZPixmap);
    FILE* file = std::fopen(path.c_str(), "wb");
    std::fprintf(file, "P6 %d %d 255\n", width, height);
    std::string row(3 * width, 0);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {  // blue, green, red and nothing
            const char* pixel = image->data + y * image->bytes_per_line + 4 * x;
            for (int i : {0, 1, 2}) row[3 * x + i] = pixel[2 - i];
        }
        std::fwrite(row.data(), 1, row.size(), file);
    }
    std::fclose(file);
    XDestroyImage(image);
}

inline std::string json(const Box& box) {
    std::ostringstream out;
    out << '[' << box.x << ',' << box.y << ',' << box.x + box.w << ',' << box.y + box.h << ']';
    return out.str();
}

/** Prints the one line that answers a form. */
inline void answer(const std::string& path, const std::string& toggled,
                   const std::vector<Found>& found) {
    std::cout << "{\"picture\": \"" << path << "\", \"toggled\": \"" << toggled
              << "\", \"controls\": [";
    for (size_t i = 0; i < found.size(); i++) {
        const Found& one = found[i];
        std::cout << (i ? ", " : "") << "{\"kind\": \"" << one.kind << "\", \"state\": " << one.state
                  << ", \"box\": " << json(one.box) << ", \"content\": " << json(one.content)
                  << ", \"row\": " << (one.row.w ? json(one.row) : "null") << "}";
    }
    std::cout << "]}" << std::endl;
}
