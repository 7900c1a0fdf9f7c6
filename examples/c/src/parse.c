#include <ctype.h>
#include <stdlib.h>

#include "calc.h"

struct parser {
    const char *text;
    const char *now;
    enum calc_status status;
};

static double sum(struct parser *p);

static char next(struct parser *p) {
    while (isspace((unsigned char)*p->now))
        p->now++;
    return *p->now;
}

static double fail(struct parser *p, enum calc_status status) {
    if (p->status == CALC_OK)
        p->status = status;
    return 0;
}

static double atom(struct parser *p) {
    char c = next(p);
    if (c == '-') {
        p->now++;
        return -atom(p);
    }
    if (c == '(') {
        p->now++;
        double value = sum(p);
        if (next(p) != ')')
            return fail(p, CALC_SYNTAX);
        p->now++;
        return value;
    }
    if (!isdigit((unsigned char)c) && c != '.')
        return fail(p, CALC_SYNTAX);
    char *end;
    double value = strtod(p->now, &end);
    if (end == p->now)
        return fail(p, CALC_SYNTAX);
    p->now = end;
    return value;
}

static double product(struct parser *p) {
    double value = atom(p);
    while (p->status == CALC_OK) {
        char c = next(p);
        if (c != '*' && c != '/')
            break;
        p->now++;
        double other = atom(p);
        if (c == '/' && other == 0)
            return fail(p, CALC_DIVISION_BY_ZERO);
        value = c == '*' ? value * other : value / other;
    }
    return value;
}

static double sum(struct parser *p) {
    double value = product(p);
    while (p->status == CALC_OK) {
        char c = next(p);
        if (c != '+' && c != '-')
            break;
        p->now++;
        double other = product(p);
        value = c == '+' ? value + other : value - other;
    }
    return value;
}

enum calc_status calc(const char *text, double *value, size_t *at) {
    struct parser p = {text, text, CALC_OK};
    *value = sum(&p);
    if (p.status == CALC_OK && next(&p) != '\0')
        p.status = CALC_SYNTAX;
    *at = (size_t)(p.now - p.text);
    return p.status;
}
