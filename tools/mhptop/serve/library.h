/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libmicrohttpd, loaded when it is needed: with the libraries that it needs
 * itself, it would cost every run of mhptop 2 MiB and some milliseconds.
 */
#ifndef SERVE_LIBRARY_H
#define SERVE_LIBRARY_H

#include <microhttpd.h>

#define MHD_FUNCTIONS(F)                                          \
	F(MHD_add_connection)                                     \
	F(MHD_add_response_header)                                \
	F(MHD_create_response_from_buffer)                        \
	F(MHD_create_response_from_buffer_with_free_callback_cls) \
	F(MHD_destroy_response)                                   \
	F(MHD_get_connection_info)                                \
	F(MHD_get_daemon_info)                                    \
	F(MHD_get_timeout)                                        \
	F(MHD_is_feature_supported)                               \
	F(MHD_lookup_connection_value)                            \
	F(MHD_queue_response)                                     \
	F(MHD_run)                                                \
	F(MHD_start_daemon)                                       \
	F(MHD_stop_daemon)

struct mhd {
#define MHD_FUNCTION(name) typeof(name) *name;
	MHD_FUNCTIONS(MHD_FUNCTION)
#undef MHD_FUNCTION
};

/* The functions of the library, for the rest of the run; NULL with a reason in why. */
const struct mhd *mhd_load(char *why, size_t len);

#endif
