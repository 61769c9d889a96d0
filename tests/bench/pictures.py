# SPDX-License-Identifier: MIT
"""Pictures that are read without a legend: each mark has its name beside it,
each axis its unit and its ticks."""
import math

COLOURS = {"none": "#777777", "empty": "#aaaaaa", "guard": "#1b7837",
           "caller": "#2166ac", "full": "#762a83"}
OTHER = "#b35806"
FONT = 'font-family="sans-serif" font-size="13"'


def escape(text):
    return (str(text).replace("&", "&amp;").replace("<", "&lt;")
            .replace(">", "&gt;"))


def colour(name):
    return COLOURS.get(name, OTHER)


class Picture:
    def __init__(self, title, notes, width, height):
        self.width, self.height = width, height
        self.parts = []
        self.text(20, 28, title, size=17, weight="bold")
        for i, note in enumerate(notes):
            self.text(20, 48 + 16 * i, note, size=12, fill="#555555")

    def text(self, x, y, text, anchor="start", size=13, weight="normal",
             fill="#222222"):
        self.parts.append(
            '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d" '
            'font-weight="%s" fill="%s">%s</text>' % (
                x, y, anchor, size, weight, fill, escape(text)))

    def line(self, x1, y1, x2, y2, stroke="#dddddd", width=1):
        self.parts.append(
            '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" '
            'stroke-width="%g"/>' % (x1, y1, x2, y2, stroke, width))

    def path(self, points, stroke):
        self.parts.append(
            '<polyline points="%s" fill="none" stroke="%s" '
            'stroke-width="2.5"/>' % (
                " ".join("%.1f,%.1f" % p for p in points), stroke))
        for x, y in points:
            self.dot(x, y, stroke, 3.5)

    def dot(self, x, y, fill, r=4.0, title=""):
        self.parts.append(
            '<circle cx="%.1f" cy="%.1f" r="%g" fill="%s">'
            '<title>%s</title></circle>' % (x, y, r, fill, escape(title)))

    def write(self, path):
        with open(path, "w", encoding="utf-8") as f:
            f.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" '
                    'height="%d" viewBox="0 0 %d %d" %s>\n'
                    '<rect width="100%%" height="100%%" fill="white"/>\n%s\n'
                    '</svg>\n' % (self.width, self.height, self.width,
                                  self.height, FONT, "\n".join(self.parts)))


class LogAxis:
    """From the pixel FIRST to LAST, for values between the least and the
    largest of VALUES."""

    def __init__(self, values, first, last):
        self.low = math.log(min(values)) - 0.05
        self.high = max(math.log(max(values)), self.low + 0.2) + 0.05
        self.first, self.last = first, last

    def at(self, value):
        share = (math.log(value) - self.low) / (self.high - self.low)
        return self.first + share * (self.last - self.first)

    def ticks(self):
        """Round numbers: few, or finer ones where the axis is short."""
        for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.25, 1.5, 2, 3, 4, 5, 7),
                      (1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5)):
            found = [s * 10.0 ** e for e in range(-3, 9) for s in steps
                     if self.low <= math.log(s * 10.0 ** e) <= self.high]
            if len(found) >= 4:
                return found
        return found


def number(x):
    return ("%.2f" % x).rstrip("0").rstrip(".") if x < 10 else "%.0f" % x


def rows(path, title, notes, table):
    """TABLE: name, value and (name, value) of the single ones, a row each: how
    many times as long as without."""
    left, right, top = 170, 110, 60 + 16 * len(notes)
    height = top + 34 * len(table) + 50
    picture = Picture(title, notes, 900, height)
    values = [1.0] + [v for _, value, single in table
                      for v in [value] + [s for _, s in single]]
    axis = LogAxis(values, left, 900 - right)
    bottom = top + 34 * len(table)
    for tick in axis.ticks():
        x = axis.at(tick)
        picture.line(x, top - 8, x, bottom)
        picture.text(x, bottom + 18, number(tick) + "x", "middle", 12)
    picture.line(axis.at(1), top - 8, axis.at(1), bottom, "#222222", 1.5)
    picture.text((left + 900 - right) / 2, bottom + 38,
                 "times as much processor time as without", "middle", 12)
    for i, (name, value, single) in enumerate(table):
        y = top + 34 * i + 14
        picture.text(left - 12, y + 5, name, "end")
        picture.line(axis.at(1), y, axis.at(value), y, colour(name), 9)
        for what, v in single:
            picture.dot(axis.at(v), y, "#222222", 2.5,
                        "%s: %sx" % (what, number(v)))
        worst = max(single, key=lambda s: s[1]) if single else None
        picture.text(900 - right + 8, y + 5, number(value) + "x",
                     weight="bold")
        if worst and worst[1] > value * 1.02:
            at = min(axis.at(worst[1]) + 5, 900 - right - 60)
            picture.text(at, y - 6, worst[0], size=10, fill="#555555")
    picture.write(path)


def lines(path, title, notes, across, along, series):
    """SERIES: name and points (x, y), a line each with its name at its end."""
    left, right, top, bottom = 80, 130, 60 + 16 * len(notes), 460
    picture = Picture(title, notes, 900, 520)
    xs = [x for _, points in series for x, _ in points]
    ys = [y for _, points in series for _, y in points]
    horizontal = LogAxis(xs, left, 900 - right)
    vertical = LogAxis(ys, bottom, top)
    for x in sorted(set(xs)):
        picture.line(horizontal.at(x), top, horizontal.at(x), bottom)
        picture.text(horizontal.at(x), bottom + 18, "{:,}".format(x),
                     "middle", 12)
    for y in vertical.ticks():
        picture.line(left, vertical.at(y), 900 - right, vertical.at(y))
        picture.text(left - 8, vertical.at(y) + 4, number(y), "end", 12)
    picture.text((left + 900 - right) / 2, bottom + 42, across, "middle", 12)
    picture.text(left - 50, top - 10, along, "start", 12)
    taken = []
    for name, points in sorted(series, key=lambda s: -s[1][-1][1]):
        picture.path([(horizontal.at(x), vertical.at(y)) for x, y in points],
                     colour(name))
        y = vertical.at(points[-1][1]) + 4
        while any(abs(y - other) < 15 for other in taken):
            y += 1
        taken.append(y)
        picture.text(horizontal.at(points[-1][0]) + 10, y, name,
                     fill=colour(name), weight="bold")
    picture.write(path)
