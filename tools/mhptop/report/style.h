/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The style of the page. The colours are those of Okabe and Ito, which the
 * colour-blind can tell apart; where colour is not enough, shape or words say the
 * same.
 */
#ifndef REPORT_STYLE_H
#define REPORT_STYLE_H

#define REPORT_STYLE                                                                    \
	":root{--bg:#fff;--fg:#1a1a1a;--dim:#5b5b5b;--line:#d5d5d5;--on:#0072b2;"       \
	"--off:#e69f00;--go:#cc79a7;--mix:#009e73;--good:#0072b2;--bad:#d55e00}"        \
	"@media(prefers-color-scheme:dark){:root{--bg:#16181c;--fg:#e8e8e8;"            \
	"--dim:#a6a6a6;--line:#3a3d44;--on:#56b4e9;--off:#f0b429;--go:#e09cc3;"         \
	"--mix:#2fc39a;--good:#56b4e9;--bad:#ff7a33}}"                                  \
	"body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--bg);"         \
	"color:var(--fg);font:15px/1.45 system-ui,sans-serif}"                          \
	"h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}"                      \
	"h3{font-size:1rem;margin:1rem 0 .2rem}"                                        \
	"div{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem}"          \
	"th,td{padding:.15rem .6rem .15rem 0;text-align:left;vertical-align:top;"       \
	"border-bottom:1px solid var(--line);white-space:nowrap}"                       \
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"                 \
	"tr.bad td:nth-child(4){color:var(--bad);font-weight:600;white-space:normal}"   \
	"small,.dim{color:var(--dim)}code{font-size:.85rem;overflow-wrap:anywhere}"     \
	"svg{display:block;width:100%;min-width:36rem;max-width:66rem}"                 \
	"svg.bar{width:10rem;min-width:10rem}svg.hist{min-width:24rem;max-width:30rem}" \
	"svg text{font-size:9px;fill:var(--fg)}"                                        \
	"svg .e{text-anchor:end}svg .m{text-anchor:middle}"                             \
	".on{fill:var(--on);background:var(--on)}"                                      \
	".off{fill:var(--off);background:var(--off)}"                                   \
	".go{fill:var(--go);background:var(--go)}"                                      \
	".mix{fill:var(--mix);background:var(--mix)}"                                   \
	".good{fill:var(--good);background:var(--good)}"                                \
	".bad{fill:var(--bad)}i.bad{background:var(--bad)}"                             \
	".lane{fill:none;stroke:var(--line)}"                                           \
	".cut{fill:none;stroke:var(--fg);stroke-dasharray:2 2}"                         \
	"i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .8em}"           \
	".p0{fill:#e69f00;background:#e69f00}.p1{fill:#d55e00;background:#d55e00}"      \
	".p2{fill:#cc79a7;background:#cc79a7}.p3{fill:#56b4e9;background:#56b4e9}"      \
	".p4{fill:#0072b2;background:#0072b2}.p5{fill:#009e73;background:#009e73}"      \
	".p6{fill:#b3a900;background:#b3a900}.p7{fill:#882255;background:#882255}"      \
	".p8{fill:#999;background:#999}"

#endif
