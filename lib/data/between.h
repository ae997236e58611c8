/*
 * pw_between - a value between two others, by linear interpolation
 *
 * Places and values are words: the bits of a float, where base is
 * PW_FLOAT, else an int64_t, of an int or a time. a < x < b are places, v0 and
 * v1 the values at a and b; where a and b are one place the value is v0.
 *
 * Promises: no overflow, however far apart they are; whole numbers are rounded
 *           to the nearest, and exact as long as the distances are below 2^62.
 */
#ifndef PW_DATA_BETWEEN_H
#define PW_DATA_BETWEEN_H

#include "type.h"

PW_C_BEGIN

double pw_between_real(uint64_t word, uint8_t base);
uint64_t pw_between_word(double x);

/* v0 and v1 are floats, and the answer is the word of a float; base: the type of the places. */
uint64_t pw_between_float(double v0, double v1, uint64_t a, uint64_t x, uint64_t b, uint8_t base);

uint64_t pw_between_whole(int64_t v0, int64_t v1, uint64_t a, uint64_t x, uint64_t b, uint8_t base);

PW_C_END

#endif
