/*
 * pw_frame - the frames of a pws stream, as man/pws.5 lays them down
 *
 * The stream begins with PW_FRAME_TEXT, 64 bytes. Then frames: a header of 64
 * bytes and a body whose length is a multiple of 64, so that in a buffer that
 * starts at a multiple of 64 every column of every frame can be used in place.
 * All numbers are little-endian.
 */
#ifndef PW_WIRE_FRAME_H
#define PW_WIRE_FRAME_H

#include "../data/batch.h"

#include <assert.h>

PW_C_BEGIN

#define PW_FRAME_TEXT       "pws 1 binary stream: add '| pw-write' to read it               \n"
#define PW_FRAME_HEADER     64
#define PW_FRAME_BODY_MAX   (UINT32_C(1) << 30)
#define PW_FRAME_HEAD_MAX   (UINT32_C(1) << 22) /* of a SCHEMA body */
#define PW_FRAME_RUNS_MAX   PW_ROWS_MAX
#define PW_FRAME_WINDOW_LOG 27 /* of zstd */

enum pw_frame_kind {
	PW_FRAME_SCHEMA = 1,
	PW_FRAME_DATA = 2,
	PW_FRAME_PROGRESS = 3,
	PW_FRAME_DURABLE = 4,
	PW_FRAME_END = 5
};

#define PW_FRAME_SKIPPABLE  1 /* flag: a reader that does not know the kind skips it */
#define PW_FRAME_COMPRESSED 2 /* flag: the body is one zstd frame */

struct pw_frame {
	uint64_t checksum; /* XXH3-64 of the rest of the header and the body */
	uint64_t previous; /* checksum of the previous frame; 0 in the first */
	uint64_t sequence; /* 0, 1, 2, ... */
	uint64_t frontier; /* after this frame */
	uint8_t kind;
	uint8_t flags;
	uint8_t coordinates; /* of a time; 1 */
	uint8_t zero8;
	uint32_t rows;
	uint32_t length; /* of the body as it stands here, a multiple of 64 */
	uint32_t stored; /* bytes of the body as stored, without the padding */
	uint32_t plain;  /* of the body when decompressed */
	uint8_t zero[12];
};

static_assert(sizeof(struct pw_frame) == PW_FRAME_HEADER, "the header is 64 bytes");
static_assert(sizeof(PW_FRAME_TEXT) == 65, "the text line is 64 bytes");

enum pw_ending { PW_FINISHED = 0, PW_SUSPENDED = 1, PW_FAILED = 2 };

/* The body of END. */
struct pw_frame_end {
	uint32_t ending; /* enum pw_ending */
	uint32_t status; /* exit status of a failed stream, else 0 */
	uint64_t durable;
	uint64_t rows; /* of all frames so far */
	uint64_t zero[5];
};

PW_C_END

#endif
