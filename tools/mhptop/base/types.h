/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's short names for integers, for code that does not include bpf/. */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#endif
