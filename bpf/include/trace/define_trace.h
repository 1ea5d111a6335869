/* SPDX-License-Identifier: GPL-2.0 */
/* Stands in for the kernel's file of this name when tracepoints.h is read outside the kernel: nothing is needed. */
