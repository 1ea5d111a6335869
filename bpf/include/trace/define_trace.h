/* SPDX-License-Identifier: GPL-2.0 */
/* An empty replacement for the kernel's header, for compiling tracepoints.h outside the kernel. */
