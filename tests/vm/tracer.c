// SPDX-License-Identifier: GPL-2.0
/*
 * Another tracer, for tests/vm/t/tracers.py: attaches an empty fexit program to
 * each function that is named, and prints a line. A line on standard input makes
 * it detach them, the next one attach them again; its end ends the tracer. With
 * "-r" it does so all the time, without being told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <poll.h>

static int load(const char *function)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_btf_id = libbpf_find_vmlinux_btf_id(
			    function, BPF_TRACE_FEXIT));

	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "other", "GPL", insns, 2,
			     &opts);
}

static void toggle(const int *progs, int *links, int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		if (links[i] >= 0) {
			close(links[i]);
			links[i] = -1;
			continue;
		}
		links[i] = bpf_raw_tracepoint_open(NULL, progs[i]);
		if (links[i] < 0) {
			perror("attach");
			exit(1);
		}
	}
	printf("%s\n", nr && links[0] >= 0 ? "attached" : "detached");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int progs[64], links[64], nr, first = 1;
	char line[16];

	if (argc > 1 && !strcmp(argv[1], "-r"))
		first = 2;
	for (nr = 0; first + nr < argc && nr < 64; nr++) {
		links[nr] = -1;
		progs[nr] = load(argv[first + nr]);
		if (progs[nr] < 0) {
			perror(argv[first + nr]);
			return 1;
		}
	}
	do {
		toggle(progs, links, nr);
	} while (first == 2 ? poll(&in, 1, 20) == 0 :
			      read(STDIN_FILENO, line, sizeof(line)) > 0);
	return 0;
}
