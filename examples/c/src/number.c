#include <stdio.h>
#include <stdlib.h>

#include "calc.h"

void number_text(double value, char *text, size_t size) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}
