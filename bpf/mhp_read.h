/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The neutral reader of tracepoints.h: every macro the header uses, defined so that the header yields nothing.
 *
 * A reader includes this, redefines the one or two macros it is after and includes mhp_all_events.h (or
 * tracepoints.h for the kernel's own events alone). There is no include guard, as there is one round for each reader.
 * What the readers make of the header is not here: mhp_event.h (types), mhp.bpf.c (handlers), event_table.c (text).
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

/* Keeps a list with commas one argument on its way through a second macro. */
#undef MHP_ONE
#define MHP_ONE(...) __VA_ARGS__

/* An event of its own is a class with one event. The kernel defines it the same way. */
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
