/*
 * pw_tables - files that are tables: which have changed, and what they hold
 *
 * The connector of --track. A file is known by its path. It is read as a
 * whole when device, inode, size or one of its times are not what they were
 * when it was read last, and it is at rest: not changed for a tenth of a
 * second (or ten times as long as reading it took), or closed by its writer,
 * or moved to where it is.
 *
 * Pieces:   BLOCK_BEGIN, BEGIN, DATA ..., BLOCK_END: the file, from its beginning.
 *           BLOCK_BEGIN, END, BLOCK_END: it has gone.
 *           IDLE, MUST_NOT: a file that is there is not at rest yet; only
 *           before the source has been read once, and for a second.
 *           A file whose DATA nobody consumes is let go at its last piece.
 * Fails:    PW_BUSY: not followed, and a file has not come to rest for 10 s.
 */
#ifndef PW_CONN_TABLES_H
#define PW_CONN_TABLES_H

#include "connector.h"

PW_C_BEGIN

/*
 * To be asked at BLOCK_END, and when what was read makes no sense: the file in
 * hand has been changed since it was opened. Then its block is over, what it held
 * is void, and it comes again.
 */
bool pw_tables_torn(struct pw_connector *c);

PW_C_END

#endif
