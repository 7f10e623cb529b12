/* SPDX-License-Identifier: Apache-2.0 */
#include "report/draw.h"

#include <math.h>

static const char *language_of(const struct tg_markup *m)
{
    return m->language == TG_JAPANESE ? "ja" : "en";
}

static void put_id(struct tg_markup *m, const char *name, size_t index, const char *part)
{
    tg_markup_format(m, "%s-%s-%zu-%s", language_of(m), name, index, part);
}

void tg_svg_open(struct tg_markup *m, const char *name, size_t index, int height)
{
    tg_markup_format(m,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                     "viewBox=\"0 0 %d %d\" aria-labelledby=\"",
                     TG_DRAW_WIDTH, height);
    put_id(m, name, index, "title");
    tg_markup_raw(m, " ");
    put_id(m, name, index, "desc");
    tg_markup_raw(m, "\">\n<title id=\"");
    put_id(m, name, index, "title");
    tg_markup_raw(m, "\">");
}

void tg_svg_desc(struct tg_markup *m, const char *name, size_t index)
{
    tg_markup_raw(m, "</title>\n<desc id=\"");
    put_id(m, name, index, "desc");
    tg_markup_raw(m, "\">");
}

void tg_svg_ready(struct tg_markup *m)
{
    tg_markup_raw(m, "</desc>\n");
}

void tg_svg_close(struct tg_markup *m)
{
    tg_markup_raw(m, "</svg>\n");
}

void tg_svg_text(struct tg_markup *m, double x, double y, const char *class_name)
{
    tg_markup_format(m, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class_name);
}

void tg_svg_text_end(struct tg_markup *m)
{
    tg_markup_raw(m, "</text>\n");
}

void tg_svg_line(struct tg_markup *m, double x1, double y1, double x2, double y2,
                 const char *class_name)
{
    tg_markup_format(m, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n",
                     x1, y1, x2, y2, class_name);
}

void tg_svg_rect(struct tg_markup *m, double x, double y, double width, double height,
                 const char *class_name)
{
    tg_markup_format(m,
                     "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\"/>\n",
                     x, y, width, height, class_name);
}

double tg_nice_step(double span, int n)
{
    double raw = span / n;
    double power = pow(10, floor(log10(raw)));
    double times = raw / power;
    if (times <= 1)
        return power;
    if (times <= 2)
        return 2 * power;
    return times <= 5 ? 5 * power : 10 * power;
}
