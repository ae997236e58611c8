/*
 * pw_tables - files that are tables: which have changed, and what they hold
 *
 * The connector of --track. A file is known by its path. It is read as a whole
 * when its device, inode, size or one of its times is not what it was when the
 * file was read last, and the file is at rest: it has not changed for a tenth of
 * a second (or ten times as long as reading it took), or its writer has closed
 * it, or it was moved to where it is.
 *
 * Pieces:   BLOCK_BEGIN, BEGIN, DATA ..., BLOCK_END: the file, from its beginning.
 *           BLOCK_BEGIN, END, BLOCK_END: the file has gone.
 *           IDLE, MUST_NOT: a file is not at rest yet; only before the source has
 *           been read once, and for a second.
 *           A file whose DATA is not consumed ends with its last piece all the
 *           same.
 * Fails:    PW_BUSY: not followed, and a file has not come to rest for 10 s.
 */
#ifndef PW_CONN_TABLES_H
#define PW_CONN_TABLES_H

#include "connector.h"

PW_C_BEGIN

/*
 * Has the file in hand changed since it was opened? To be asked at BLOCK_END, and
 * when the bytes read make no sense. If it has, its block is over, the block's
 * rows are void, and the file comes again.
 */
bool pw_tables_torn(struct pw_connector *c);

PW_C_END

#endif
