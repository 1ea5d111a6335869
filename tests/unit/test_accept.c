// SPDX-License-Identifier: GPL-2.0
/* Tests of the header Accept: the media ranges of RFC 9110, 12.5.1, and what clients send. */
#include <stdlib.h>
#include <string.h>

#include "serve/accept.h"
#include "ktap.h"

#define OPENMETRICS "application/openmetrics-text"

/* Heap, so that the sanitizer sees what is read behind the end. */
static bool wants(const char *accept)
{
	char *header = strdup(accept);
	bool ret = accept_openmetrics(header);

	free(header);
	return ret;
}

static void test_openmetrics(void)
{
	static const char *const headers[] = {
		OPENMETRICS,
		"Application/OpenMetrics-Text",
		OPENMETRICS ";version=1.0.0",
		OPENMETRICS ";version=0.0.1",
		OPENMETRICS "; Version=\"1.0.0\"; charset=utf-8",
		OPENMETRICS ";q=0.001",
		OPENMETRICS ";;q=1.000;",
		OPENMETRICS ", text/plain",
		"text/plain," OPENMETRICS,
		"text/plain;q=0.5, " OPENMETRICS ";q=0.51",
		"text/plain;q=0.5, " OPENMETRICS ";q=0.5",
		"text/plain;version=1.0.0, " OPENMETRICS ";q=0.5",
		"x/y;z=\"a,b;q=0,\\\"\", " OPENMETRICS,
		" , ,\t" OPENMETRICS " ; q=0.9 , */*;q=0.1",
		OPENMETRICS ";version=1.0.0;q=0.6," OPENMETRICS
			    ";version=0.0.1;q=0.5,text/plain;q=0.55",
		"*/*, text/*;q=0.3",
		"application/*",
		/* Prometheus 2.42 and 3.0 */
		OPENMETRICS
		";version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		OPENMETRICS
		";version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
	};
	size_t i;

	for (i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		ok(wants(headers[i]), "OpenMetrics for '%s'", headers[i]);
}

static void test_text(void)
{
	static const char *const headers[] = {
		"",
		"*/*",
		"text/html,*/*;q=0.8",
		"text/plain;version=0.0.4",
		OPENMETRICS ";q=0",
		OPENMETRICS ";Q=0.000",
		OPENMETRICS ";q=0, */*",
		OPENMETRICS ";q=0.5, text/plain;q=0.9",
		OPENMETRICS ";q=0.5, text/*;q=0.9",
		OPENMETRICS ";q=0.5, */*",
		OPENMETRICS ";version=2.0.0",
		OPENMETRICS ";version=1.0.01, */*",
		OPENMETRICS "ual",
		"x-" OPENMETRICS,
		"x/y;z=\"" OPENMETRICS "\"",
		"x/y;z=\"," OPENMETRICS ",\"",
		/* What is wrong counts for nothing. */
		OPENMETRICS " " OPENMETRICS,
		OPENMETRICS ";q=",
		OPENMETRICS ";q",
		OPENMETRICS ";q=2",
		OPENMETRICS ";q=1.1",
		OPENMETRICS ";q=-1",
		OPENMETRICS ";q=0.x",
		OPENMETRICS ";q=.5",
		OPENMETRICS ";q = 1",
		OPENMETRICS ";x=\"",
		OPENMETRICS ";x=\"\\",
		"\"" OPENMETRICS,
	};
	size_t i;

	ok(!accept_openmetrics(NULL), "text without a header");
	for (i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		ok(!wants(headers[i]), "text for '%s'", headers[i]);
}

int main(void)
{
	test_openmetrics();
	test_text();
	return ktap_done();
}
