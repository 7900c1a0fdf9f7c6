#include <stdio.h>
#include <string.h>

#include "calc.h"

int main(int argc, char **argv) {
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        puts("usage: calc EXPRESSION");
        return argc == 2 ? 0 : 2;
    }
    double value;
    size_t at;
    switch (calc(argv[1], &value, &at)) {
    case CALC_SYNTAX:
        fprintf(stderr, "calc: %s\n      %*s^ not understood\n", argv[1], (int)at, "");
        return 1;
    case CALC_DIVISION_BY_ZERO:
        fputs("calc: division by zero\n", stderr);
        return 1;
    case CALC_OK:
        break;
    }
    char text[40];
    number_text(value, text, sizeof text);
    puts(text);
    return 0;
}
