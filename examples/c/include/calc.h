#ifndef CALC_H
#define CALC_H

#include <stddef.h>

enum calc_status { CALC_OK, CALC_SYNTAX, CALC_DIVISION_BY_ZERO };

/* Evaluates an expression of + - * / ( ) and decimal numbers; *at is where it stopped. */
enum calc_status calc(const char *text, double *value, size_t *at);

/* Writes a number with as few digits as say it exactly. */
void number_text(double value, char *text, size_t size);

#endif
