/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The style of the page. The colours are those of Okabe and Ito, which the
 * colour-blind can tell apart; where colour is not enough, shape or words say the
 * same.
 */
#ifndef REPORT_STYLE_H
#define REPORT_STYLE_H

#define REPORT_STYLE                                                                     \
	":root{--bg:#fff;--fg:#1a1a1a;--dim:#5b5b5b;--line:#d5d5d5;--on:#0072b2;"        \
	"--off:#dcae00;--go:#cc79a7;--mix:#0cac7b;--good:#0072b2;--bad:#d55e00;"         \
	"--said:#b34700}"                                                                \
	"@media screen and (prefers-color-scheme:dark){:root{--bg:#16181c;--fg:#e8e8e8;" \
	"--dim:#a6a6a6;--line:#3a3d44;--on:#4fa7e9;--off:#e4cc2a;--go:#e09cc3;"          \
	"--mix:#22e4a7;--good:#4fa7e9;--bad:#f47b3a;--said:#f47b3a}}"                    \
	"body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--bg);"          \
	"color:var(--fg);font:15px/1.45 system-ui,sans-serif}"                           \
	"h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}"                       \
	"h3{font-size:1rem;margin:1rem 0 .2rem}"                                         \
	"div{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem}"           \
	"th,td{padding:.15rem .6rem .15rem 0;text-align:left;vertical-align:top;"        \
	"border-bottom:1px solid var(--line);white-space:nowrap}"                        \
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"                  \
	"tr.bad td:nth-child(4){color:var(--said);font-weight:600;white-space:normal}"   \
	"#removals td{white-space:normal}"                                               \
	"small{font-size:12px}small,.dim{color:var(--dim)}"                              \
	"code{font-size:.85rem;overflow-wrap:anywhere}"                                  \
	".pic{display:grid;grid-template-columns:auto minmax(0,1fr);max-width:66rem}"    \
	".axis{display:flex;justify-content:space-between;gap:.6rem}"                    \
	".axis small{overflow-wrap:anywhere;min-width:0}"                                \
	"svg{display:block}svg.wide{width:100%}"                                         \
	"svg.bar{width:10rem}svg.share{width:10rem;height:.9rem}.hist td{border:0}"      \
	"svg text{font-size:12px;fill:var(--fg)}svg .e{text-anchor:end}"                 \
	".on{fill:var(--on);background:var(--on)}"                                       \
	".off{fill:var(--off);background:var(--off)}"                                    \
	".go{fill:var(--go);background:var(--go)}"                                       \
	".mix{fill:var(--mix);background:var(--mix)}"                                    \
	".good{fill:var(--good);background:var(--good)}"                                 \
	".bad{fill:var(--bad)}i.bad{background:var(--bad)}"                              \
	".wide path{vector-effect:non-scaling-stroke}"                                   \
	".wide .good{stroke:var(--good)}.wide .bad{stroke:var(--bad)}"                   \
	".lane,.tick{fill:none;stroke:var(--line)}"                                      \
	".cut{fill:none;stroke:var(--fg);stroke-dasharray:2 2}"                          \
	"i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .8em;"            \
	"print-color-adjust:exact}"                                                      \
	".p0{fill:#eb9602;background:#eb9602}.p1{fill:#d05613;background:#d05613}"       \
	".p2{fill:#cc79a7;background:#cc79a7}.p3{fill:#5ac3f7;background:#5ac3f7}"       \
	".p4{fill:#076b9c;background:#076b9c}.p5{fill:#01a575;background:#01a575}"       \
	".p6{fill:#f0e442;background:#f0e442}.p7{fill:#9a2b2d;background:#9a2b2d}"       \
	".p8{fill:#4c505b;background:#4c505b}" /* On a phone, an operation is a card. */ \
	"@media screen and (max-width:40rem){.axis small:nth-child(even){display:none}"  \
	"#operations,#operations tbody{display:block}"                                   \
	"#operations tr{display:flex;flex-wrap:wrap;gap:0 .8rem;padding:.35rem 0;"       \
	"border-bottom:1px solid var(--line)}"                                           \
	"#operations tr:first-child{position:absolute;clip-path:inset(50%)}"             \
	"#operations td{padding:0;border:0;white-space:normal}}"                         \
	"@media print{body{font-size:10pt;padding:0;max-width:none}"                     \
	"table{font-size:8pt}th,td{white-space:normal;padding-right:.4rem}"              \
	"small{font-size:8pt}div{overflow:visible}h2,h3{break-after:avoid}"              \
	"tr,svg,.pic{break-inside:avoid}}"

#endif
