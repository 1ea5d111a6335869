// SPDX-License-Identifier: GPL-2.0
/*
 * `mhptop record` of the events of a recording, which may come through a pipe:
 *
 *	as_live RECORDING record [OPTION...]
 *
 * It waits for signals when there are no more. LOSE=FROM-TO in the environment: the
 * records with these numbers are lost. PATIENCE=SEC: an operation in progress is stuck
 * after so long. PAUSE=N: SIGHUP comes after N records, and SIGTERM after the last one.
 */
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"
#include "play.h"
#include "record/record.h"

int main(int argc, char **argv)
{
	static struct play play;
	const char *lose = getenv("LOSE"), *patience = getenv("PATIENCE"),
		   *pause = getenv("PAUSE");
	const char *path = argc > 1 ? argv[1] : "";
	struct record_output output;
	struct cli cli;
	int status;

	setlocale(LC_CTYPE, "");
	if (argc > 1)
		argv[1] = argv[0];
	if (!cli_parse(&cli, argc - 1, argv + 1, &status))
		return status;
	if (lose &&
	    sscanf(lose, "%llu-%llu", &play.lose_from, &play.lose_to) != 2)
		return 2;
	if (pause) {
		play.pause = strtoull(pause, NULL, 10);
		play.ends = true;
	}
	if (patience)
		cli.record.patience_ns = strtoull(patience, NULL, 10) * LOOP_NS;
	status = record_open(&output, cli.output, &cli.record);
	if (status)
		return status;
	if (cli.record.flight_bytes)
		loop_want_signal(SIGUSR1);
	loop_hold_signals();
	play_open(&play, path);
	status = record_run(&play.source, &output);
	play_close(&play);
	return status;
}
