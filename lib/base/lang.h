/*
 * pw_lang - what C and C++ write differently, so that both can include every header
 *
 * Use:      a public header has PW_C_BEGIN after its includes and PW_C_END at
 *           its end; in C++ what is between them is C (extern "C").
 *           PW_NORETURN stands in front of a function that does not return.
 */
#ifndef PW_BASE_LANG_H
#define PW_BASE_LANG_H

#ifdef __cplusplus
#define PW_C_BEGIN  extern "C" {
#define PW_C_END    }
#define PW_NORETURN [[noreturn]]
#else
#define PW_C_BEGIN
#define PW_C_END
#define PW_NORETURN _Noreturn
#endif

#endif
