/* SPDX-License-Identifier: MIT */
/**
 * @file html.h
 * A text that grows, with the escaping of HTML. After an allocation failure everything is ignored.
 */
#ifndef FMI_HTML_H
#define FMI_HTML_H

#include <stdbool.h>
#include <stddef.h>

/** Zeroed = empty. Free with fmi_html_free. */
typedef struct fmi_html {
    char *text;
    size_t size, capacity;
    bool failed;
} fmi_html;

/** Markup as it is: only constants and numbers of our own. */
void fmi_html_raw(fmi_html *html, const char *text);
void fmi_html_bytes(fmi_html *html, const void *bytes, size_t count);
void fmi_html_format(fmi_html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** What stands for a character in a text; NULL = itself. */
const char *fmi_html_entity(char letter);
/** Text from elsewhere: & < > " ' are escaped, control characters become blanks. */
void fmi_html_text(fmi_html *html, const char *text);
void fmi_html_textf(fmi_html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** JSON inside a script element: nothing in it can end the element. */
void fmi_html_json(fmi_html *html, const char *json);
void fmi_html_free(fmi_html *html);

/** Three digits and a prefix: "1.53 k", "31.2 M", "87 u"; "-" when not finite. Returns out. */
char *fmi_html_si(char out[24], double value);

#endif
