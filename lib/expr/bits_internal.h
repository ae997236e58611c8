/*
 * bits - bitmaps of rows, and bytes 0 and 1 made of them
 *
 * Bit i is bit i % 8 of byte i / 8. Bits after the last row may be anything
 * where a bitmap is read as `valid`, so every loop here goes over whole bytes.
 */
#ifndef PW_EXPR_BITS_INTERNAL_H
#define PW_EXPR_BITS_INTERNAL_H

#include "step.h"

/* The lowest bits of eight bytes as eight bits: what else a byte holds can't reach its neighbours. */
static inline uint8_t pw_bits_pack(const uint8_t *bytes)
{
	uint64_t x;
	memcpy(&x, bytes, 8);
	x &= UINT64_C(0x0101010101010101);
	return (uint8_t)(x * UINT64_C(0x0102040810204080) >> 56);
}

/* Eight bits as eight bytes 0 or 1. */
static inline void pw_bits_unpack(uint8_t bits, uint8_t *bytes)
{
	uint64_t x = bits * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
	x = (x + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7 & UINT64_C(0x0101010101010101);
	memcpy(bytes, &x, 8);
}

static inline bool pw_bits_any(const uint8_t *bits, uint32_t rows)
{
	for (uint32_t i = 0; i < rows / 8; i++)
		if (bits[i] != 0)
			return true;
	return rows % 8 != 0 && (bits[rows / 8] & ((1 << rows % 8) - 1)) != 0;
}

static inline void pw_bits_set(uint8_t *bits, uint32_t i)
{
	bits[i >> 3] |= (uint8_t)(1 << (i & 7));
}

/* to = to & column's valid */
static inline void pw_bits_and_valid(uint8_t *to, const struct pw_column *c, size_t bytes)
{
	if (c->valid == NULL)
		return;
	if (c->encoding != PW_CONSTANT)
		for (size_t i = 0; i < bytes; i++)
			to[i] &= c->valid[i];
	else if (!(c->valid[0] & 1))
		memset(to, 0, bytes);
}

/* to = to | the step's errors */
static inline void pw_bits_or_errors(uint8_t *to, const struct pw_step *s, size_t bytes)
{
	if (s->errors == NULL)
		return;
	if (!s->one)
		for (size_t i = 0; i < bytes; i++)
			to[i] |= s->errors[i];
	else if (s->errors[0] & 1)
		memset(to, 0xff, bytes);
}

#endif
