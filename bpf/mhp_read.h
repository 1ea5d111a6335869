/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Default definitions of every macro that tracepoints.h uses, with which the header expands to nothing.
 *
 * To generate code from the events, include this, redefine the one or two macros of interest, then include
 * mhp_all_events.h, or tracepoints.h for the kernel's own events only. There is no include guard, because every such
 * expansion starts with this file.
 */
#ifndef TRACE_HEADER_MULTI_READ
#define TRACE_HEADER_MULTI_READ
#endif

#undef TRACE_EVENT
#undef DECLARE_EVENT_CLASS
#undef DEFINE_EVENT
#undef TRACE_DEFINE_ENUM
#undef TP_PROTO
#undef TP_ARGS
#undef TP_STRUCT__entry
#undef TP_fast_assign
#undef TP_printk
#undef __field

/* Keeps a list with commas a single argument when it is passed on to another macro. */
#undef MHP_ONE
#define MHP_ONE(...) __VA_ARGS__

/* TRACE_EVENT() is a class with one event, as in the kernel. */
#define TRACE_EVENT(name, proto, args, fields, assign, print)                 \
	DECLARE_EVENT_CLASS(name, MHP_ONE(proto), MHP_ONE(args),              \
			    MHP_ONE(fields), MHP_ONE(assign), MHP_ONE(print)) \
	DEFINE_EVENT(name, name, MHP_ONE(proto), MHP_ONE(args))

#define DECLARE_EVENT_CLASS(name, proto, args, fields, assign, print)
#define DEFINE_EVENT(class, name, proto, args)
#define TRACE_DEFINE_ENUM(value)
#define TP_PROTO(...)
#define TP_ARGS(...)
#define TP_STRUCT__entry(...) __VA_ARGS__
#define TP_fast_assign(...)
#define TP_printk(...) __VA_ARGS__
#define __field(type, name)
