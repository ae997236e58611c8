/*
 * pw_path - paths that name the same file are spelled the same
 */
#ifndef PW_BASE_PATH_H
#define PW_BASE_PATH_H

#include "lang.h"

PW_C_BEGIN

/*
 * The path without links and dots. The file that it leads to need not exist, but
 * the folder that holds it must: else NULL. The caller frees it.
 */
char *pw_path_resolve(const char *path);

PW_C_END

#endif
