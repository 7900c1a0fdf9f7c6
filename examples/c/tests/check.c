#include <math.h>
#include <stdio.h>

#include "calc.h"

static const struct {
    const char *text;
    enum calc_status status;
    double value;
} cases[] = {
    {"1", CALC_OK, 1},          {"1 + 2 * 3", CALC_OK, 7},  {"(1 + 2) * 3", CALC_OK, 9},           {"-2 * -(3 - 1)", CALC_OK, 4},
    {"7 / 2", CALC_OK, 3.5},    {".5 + .25", CALC_OK, .75}, {"1 / 0", CALC_DIVISION_BY_ZERO, 0},   {"1 +", CALC_SYNTAX, 0},
    {"(1", CALC_SYNTAX, 0},     {"", CALC_SYNTAX, 0},       {"1 2", CALC_SYNTAX, 0},               {"two", CALC_SYNTAX, 0},
};

int main(void) {
    int failed = 0, count = sizeof cases / sizeof *cases;
    for (int i = 0; i < count; i++) {
        double value;
        size_t at;
        enum calc_status status = calc(cases[i].text, &value, &at);
        if (status != cases[i].status || (status == CALC_OK && fabs(value - cases[i].value) > 1e-12)) {
            printf("FAIL %s: status %d, value %g\n", cases[i].text, status, value);
            failed++;
        }
    }
    printf("%d checks, %d failed\n", count, failed);
    return failed != 0;
}
