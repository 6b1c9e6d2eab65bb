/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors */
'use strict';
(() => {
const SPAN = 180; // seconds that the charts show
const $ = id => document.getElementById(id);
const root = document.documentElement;
const sentences = JSON.parse($('sentences').textContent);

// ---- Writing numbers.

const grouped = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

// A number as [digits, unit]: 1,234, 12.3 k, 1.20 M.
function scaled(v) {
	if (v < 9999.5)
		return [grouped.format(v), ''];
	for (const unit of ['k', 'M', 'G', 'T', 'P']) {
		v /= 1000;
		if (v < 999.5)
			return [v.toFixed(v < 9.995 ? 2 : v < 99.95 ? 1 : 0), unit];
	}
	return [grouped.format(v), 'P'];
}
// A time in microseconds.
function duration(v) {
	for (const unit of ['µs', 'ms']) {
		if (v < 999.5)
			return [v.toFixed(unit === 'µs' || v > 99.95 ? 0 : v > 9.995 ? 1 : 2), unit];
		v /= 1000;
	}
	return [v.toFixed(1), 's'];
}
const short = v => scaled(v).join('\u2009').trim();
const percent = x => (x > 0 && x < .01 ? '<1' : Math.round(x * 100)) + '\u2009%';
const two = n => String(Math.floor(n)).padStart(2, '0');
const clock = s => `${two(s / 3600)}:${two(s / 60 % 60)}:${two(s % 60)}`;
const span = s => (s < 86400 ? '' : `${Math.floor(s / 86400)}\u2009d `) + clock(s % 86400);
const words = name => name.replace(/_/g, ' ');
const sum = list => list.reduce((a, b) => a + b, 0);

// ---- Writing elements.

// make('li.name', {attribute: value}, ...children)
function make(what, attributes = {}, ...children) {
	const [tag, ...names] = what.split('.'), e = document.createElement(tag);
	if (names.length)
		e.className = names.join(' ');
	for (const [key, value] of Object.entries(attributes))
		e.setAttribute(key, value);
	e.append(...children);
	return e;
}
function text(e, value) {
	if (e.textContent !== String(value))
		e.textContent = value;
}
// One child for each item, kept from one call to the next by the item's key.
function list(parent, items, create, update) {
	const old = new Map([...parent.children].map(e => [e.dataset.key, e]));
	items.forEach((item, i) => {
		let e = old.get(String(item.key));
		if (!e) {
			e = create(item);
			e.dataset.key = item.key;
		}
		old.delete(String(item.key));
		if (parent.children[i] !== e)
			parent.insertBefore(e, parent.children[i] || null);
		update(e, item);
	});
	for (const e of old.values())
		e.remove();
}
const hue = (e, color) => e.style.setProperty('--c', `var(--${color})`);

function meters(parent, items) {
	list(parent, items, item => make('div.meter', {}, make('span'), make('b'),
		make('span.bar', {role: 'meter', 'aria-valuemin': 0, 'aria-valuemax': 100}, make('i'))),
	(e, {label, value, share, color}) => {
		const [name, figure, bar] = e.children;
		text(name, label);
		text(figure, value);
		bar.setAttribute('aria-label', label);
		bar.setAttribute('aria-valuenow', Math.round(share * 100));
		bar.setAttribute('aria-valuetext', value);
		bar.firstChild.style.transform = `scaleX(${Math.min(1, share)})`;
		hue(bar, color || (share > .9 ? 'gate' : share > .7 ? 'amber' : 'sea'));
	});
}
function pairs(parent, items) {
	list(parent, items, () => make('li', {}, make('span'), make('span.rate'), make('b')), (e, {label, each, value, note}) => {
		text(e.children[0], label);
		text(e.children[1], each ?? '');
		text(e.children[2], value);
		e.title = note || '';
	});
}
const perSecond = v => `${short(v)}\u2009/s`;
// A strip of shares and its legend.
function strip(bar, key, items, what) {
	const all = sum(items.map(i => i.value));
	list(bar, items.filter(i => i.value > 0), () => make('i'), (e, {value, color, label}) => {
		e.style.flexGrow = value / all;
		e.title = `${label}: ${grouped.format(value)}`;
		hue(e, color);
	});
	bar.setAttribute('aria-label', all === 0 ? `No ${what}.` : `${what}: ` + items
		.filter(i => i.value > 0).map(i => `${i.label} ${grouped.format(i.value)}`).join(', '));
	list(key, items, () => make('li', {}, make('i'), make('span'), make('b')), (e, item) => {
		hue(e, item.color);
		text(e.children[1], item.label);
		text(e.children[2], short(item.value));
		e.classList.toggle('nought', item.value === 0);
	});
}

// ---- What the appliance says, second by second.

let now = null, before = null; // the last two answers that differ
let history = []; // {t, one value for each series}; t: seconds of uptime
let heard = 0; // when the last answer came, as performance.now()

const SYNS = ['tcp_backlog', 'tcp_no_tcb', 'syn_source_limit', 'syn_prefix_limit']; // not answered
const series = [
	{key: 'requests', label: 'Requests', color: 'sea', per: '/s', of: s => s.rates.http_requests},
	{key: 'opened', label: 'Connections opened', color: 'leaf', per: '/s', of: s => s.rates.established},
	{key: 'syns', label: 'SYNs', color: 'plum', per: '/s', second: 'cookies', beside: ['cookies', 'cookies'],
		of: s => s.rates.syn_received + s.rates.cookies_issued + sum(SYNS.map(k => dropped(k)))},
	{key: 'bits', label: 'Traffic out', color: 'sea', per: 'bit/s', floor: 1e4, beside: ['in', 'received'], of: s => 8 * s.rates.tx_bytes},
	{key: 'drops', label: 'Drops', color: 'gate', per: '/s', of: s => s.rates.drops},
	{key: 'p99', label: 'Request time, p99', color: 'amber', per: '', as: duration, beside: ['p50', 'p50'],
		of: s => s.latency?.request?.recent.p99_us},
	{key: 'p50', hidden: true, of: s => s.latency?.request?.recent.p50_us},
	{key: 'cookies', hidden: true, of: s => s.rates.cookies_issued},
	{key: 'received', hidden: true, of: s => 8 * s.rates.rx_bytes},
	{key: 'connections', hidden: true, of: s => s.connections.total},
];

// How often per second something was counted between the last two answers.
function rate(of) {
	const dt = before && now.uptime_seconds - before.uptime_seconds;
	return dt > 0 ? Math.max(0, of(now) - of(before)) / dt : 0;
}
const dropped = name => rate(s => s.drops[name] ?? 0);
const counted = name => rate(s => s.counters[name] ?? 0);

function take(status) {
	heard = performance.now();
	if (now && status.uptime_seconds < now.uptime_seconds) { // it was started anew
		history = [];
		now = null;
	}
	if (now && status.uptime_seconds === now.uptime_seconds)
		return; // the same snapshot
	before = now;
	now = status;
	const point = {t: now.uptime_seconds};
	for (const {key, of} of series)
		point[key] = of(now) ?? 0;
	history = history.filter(p => p.t >= point.t - SPAN);
	history.push(point);
}

// ---- The state of the gate.

const busy = () => sum([now.rates.http_requests, now.rates.established]) > 4 || now.rates.cookies_issued > 0;
const always = () => now.listeners?.length > 0 && now.listeners.every(l => l.syn_cookies === 'always');

function stateOf() {
	if (!now)
		return heard || performance.now() > 5000 ? 'lost' : 'wait';
	if (performance.now() - heard > 3500 && !paused)
		return 'lost';
	if (now.draining)
		return 'drain';
	if (now.workers_under_syn_pressure > 0 || now.rates.cookies_issued > 0 || always())
		return 'shut';
	return busy() ? 'open' : 'slack';
}
const plural = (n, one) => `${short(n)} ${one}${n === 1 ? '' : 's'}`;
const said = {
	wait: ['Listening', () => 'Waiting for the first answer.'],
	slack: ['Slack water', () => 'The gate is open. No traffic yet: nobody asks but this page.'],
	open: ['The gate is open', () => `${short(now.rates.http_requests)} requests a second on ${
		plural(now.connections.established, 'established connection')}. Every SYN has room.`],
	shut: ['The gate is down', () => (now.workers_under_syn_pressure > 0 ?
		`Under pressure on ${now.workers_under_syn_pressure} of ${plural(now.workers, 'worker')}: ` : '') +
		`${short(counted('cookies_issued'))} SYNs a second are answered with a cookie and take no memory; ${
			short(counted('cookies_accepted'))} clients a second bring theirs back and pass.`],
	drain: ['Closing', () => 'Shutting down: no new connections are taken.'],
	lost: ['Out of sight', () => heard ? `No answer for ${Math.round((performance.now() - heard) / 1000)} s. ${
		now?.draining ? 'It was shutting down.' : 'The figures below are the last ones.'}` : 'No answer yet.'],
};

function drawState() {
	const state = stateOf(), [headline, sentence] = said[state];
	if (root.dataset.state !== state)
		root.dataset.state = state;
	text($('headline'), headline);
	text($('sentence'), (paused ? 'Paused. ' : '') + sentence());
	text($('age'), heard ? `Last answer at ${new Date(Date.now() - performance.now() + heard).toLocaleTimeString()}.` : '');
	document.title = (state === 'open' ? `${short(now.rates.http_requests)}/s` : headline) + ' · Tidegate';
	$('scene').classList.toggle('calm', paused || state === 'lost');
}

// ---- The scene.

const TOP = 180, LOW = 262; // where the sea stands, full and empty
const SVG = 'http://www.w3.org/2000/svg';
function shape(parent, attributes) {
	const e = document.createElementNS(SVG, attributes.d ? 'path' : 'g');
	for (const [key, value] of Object.entries(attributes))
		e.setAttribute(key, value);
	return parent.appendChild(e);
}
function waves(parent, from, to, height) {
	[['b', 240, .45, -5], ['c', 120, .6, -2], ['a', 240, 1, 0]].forEach(([name, period, opacity, y], i) => {
		const h = height * (i === 1 ? .6 : 1), a = period / 4;
		const swell = shape(shape(parent, {transform: `translate(0 ${y})`}), {class: 'swell'});
		let d = `M${from} 0`;
		for (let x = from; x < to + 480; x += period)
			d += `q${a} ${-h} ${2 * a} 0t${2 * a} 0`;
		shape(swell, {class: `wave ${name}`, d: `${d}V400H${from}z`, fill: i === 2 ? 'url(#deep)' : 'var(--foam)', opacity});
	});
}
function setScene() {
	waves($('sea'), -10, 600, 16);
	waves(shape($('basin'), {transform: `translate(0 ${LOW + 4})`}), 574, 1220, 10);
	setLevel(0);
}
function setLevel(level) {
	const y = LOW - level * (LOW - TOP);
	for (const id of ['sea', 'float'])
		$(id).style.transform = `translateY(${y}px)`;
	$('spill').parentNode.style.transform = `translateY(${y}px) scaleY(${(LOW + 8 - y) / 100})`;
}
const GABLES = ['l26-26 26 26', 'h8v-10h8v-10h20v10h8v10h8', 'q0-16 14-16q0-12 12-12t12 12q14 0 14 16', 'l10-18h32l10 18'];
const BRICKS = ['light-dark(#b5523b,#6b3a35)', 'light-dark(#c98f4e,#6a5238)', 'light-dark(#7d8f86,#3d535a)', 'light-dark(#98594c,#553539)', 'light-dark(#d3b27c,#75623f)'];
const HOUSES = 7;
// A house for each worker, or for several: the lit windows are its load. Others stand empty.
function drawHouses(loads) {
	const n = Math.min(loads.length, HOUSES), town = $('houses');
	for (let i = town.children.length; i < HOUSES; i++) {
		const x = 776 + i * 58 + (i > 2) * 8, h = 70 + i * 37 % 30, house = shape(town, {});
		shape(house, {d: `M${x} 238v${-h}${GABLES[i % 4]}v${h}z`});
		for (let w = 0; w < 8; w++)
			shape(house, {d: `M${x + 10 + w % 2 * 20} ${238 - h + 5 + (w >> 1) * (h - 14) / 4}h12v${(h - 14) / 4 - 6}h-12z`, class: 'pane'});
	}
	for (let i = 0; i < HOUSES; i++)
		town.children[i].firstChild.style.fill = i < n ? BRICKS[i % 5] : 'var(--empty)';
	for (let i = 0; i < n; i++) {
		const part = loads.slice(i * loads.length / n, (i + 1) * loads.length / n);
		const lit = Math.ceil(sum(part) / part.length / 100 * 8 - .04);
		// From the ground up.
		[...town.children[i].querySelectorAll('.pane')].forEach((pane, w) =>
			pane.style.fill = `var(--${w >= 8 - lit ? 'lit' : 'unlit'})`);
	}
}
function drawScene() {
	const {half_open} = now.pools, r = now.rates, scene = $('scene');
	const share = half_open.in_use / Math.max(1, half_open.limit), syns = history.at(-1).syns;
	const shut = root.dataset.state === 'shut', force = Math.log10(1 + syns) / 7;
	// With cookies SYNs take no room in the table: the sea stands as high as they press.
	setLevel(Math.min(1, r.cookies_issued > 0 ? Math.max(share, .3 + .7 * force) : share));
	$('sea').style.setProperty('--swell', (.35 + .9 * force).toFixed(2));
	scene.classList.toggle('shut', shut);
	scene.classList.toggle('still', r.established + r.http_requests < 2);
	scene.classList.toggle('fast', r.established + r.http_requests > 1000);
	drawHouses(now.per_worker.map(w => w.load_percent));
	text($('k-what'), shut ? 'Sea: SYNs, half-open' : 'Sea: half-open connections');
	const lines = [shut ? `${perSecond(syns)}, ${percent(share)}` : `${percent(share)} of ${short(half_open.limit)}`,
		shut ? `down, ${perSecond(counted('cookies_issued'))}` : 'up, none needed',
		`${short(now.connections.total)} on ${plural(now.workers, 'worker')}`];
	['k-sea', 'k-gate', 'k-town'].forEach((id, i) => text($(id), lines[i]));
	text($('picture'), `A tide gate between the sea and a town. The gate is ${shut ? 'down' : 'up'}.`);
}

// ---- Charts.

let hover = null; // seconds back, while a pointer is on a chart
const shown = () => series.filter(s => !s.hidden);

function setFigures() {
	for (const s of shown()) {
		const chart = make('div.chart', {role: 'img'});
		chart.innerHTML = '<svg viewBox="0 0 180 100" preserveAspectRatio="none" aria-hidden="true"><path class="area"/><path class="trace"/>' +
			(s.second ? '<path class="area"/><path class="trace"/>' : '') + '</svg><i class="hair" hidden></i><i class="dot" hidden></i>';
		const card = make('section.card.figure', {'data-key': s.key}, make('h2', {}, s.label),
			make('data.num'), chart, make('div.ends', {}, make('span'), make('span')));
		hue(card, s.color);
		if (s.second)
			chart.querySelectorAll('path').forEach((p, i) => i > 1 && hue(p, 'gate'));
		chart.addEventListener('pointermove', e => {
			const box = chart.getBoundingClientRect();
			hover = Math.round(SPAN * (1 - (e.clientX - box.left) / box.width));
			drawFigures();
		});
		chart.addEventListener('pointerleave', () => {
			hover = null;
			drawFigures();
		});
		$('figures').append(card);
	}
}
// The end of a chart's scale is a round number, so that it changes rarely.
function ceiling(v) {
	const unit = 10 ** Math.floor(Math.log10(v));
	return unit * [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(x => x * unit >= v);
}
function trace(key, end, top) {
	let line = '', area = '', first = 0, last = null;
	const close = () => last !== null && (area += `L${last} 100L${first} 100z`);
	history.forEach((p, i) => {
		const x = SPAN - end + p.t, y = 96 - 92 * p[key] / top;
		if (i === 0 || p.t - history[i - 1].t > 5) { // a gap: nobody listened
			close();
			first = x;
			line += `M${x} ${y.toFixed(1)}`;
			area += `M${x} ${y.toFixed(1)}`;
		} else {
			line += `L${x} ${y.toFixed(1)}`;
			area += `L${x} ${y.toFixed(1)}`;
		}
		last = x;
	});
	close();
	return [area, line];
}
function drawFigure(card, s, back) {
	const end = history.at(-1).t, at = history.findLast(p => p.t <= end - back) ?? history[0];
	const as = s.as ?? scaled, write = v => as(v).join('\u2009').trim();
	const peak = Math.max(...history.map(p => p[s.key])), top = ceiling(Math.max(peak, s.floor ?? 10));
	const paths = card.querySelectorAll('path'), [hair, dot] = card.querySelectorAll('.chart > i');
	const [digits, unit] = as(at[s.key]), num = card.querySelector('.num'), ends = card.lastChild.children;
	[s.key, s.second].filter(Boolean).forEach((key, i) =>
		trace(key, end, top).forEach((d, j) => paths[2 * i + j].setAttribute('d', d)));
	num.value = at[s.key];
	num.replaceChildren(digits, make('small', {}, unit + s.per));
	dot.hidden = false;
	dot.style.left = `${100 * (1 - (end - at.t) / SPAN)}%`;
	dot.style.top = `${96 - 92 * at[s.key] / top}%`;
	hair.hidden = back === 0;
	hair.style.left = dot.style.left;
	text(ends[0], s.beside ? `${s.beside[0]} ${write(at[s.beside[1]])}` : '3 min');
	text(ends[1], `peak ${write(peak)}`);
	card.hidden = s.of(now) === undefined;
	card.querySelector('.chart').setAttribute('aria-label',
		`${s.label}: ${write(at[s.key])}${s.per}, peak ${write(peak)} in the last three minutes`);
}
function drawFigures() {
	if (history.length === 0)
		return;
	const back = Math.min(SPAN, Math.max(0, hover ?? -$('back').value));
	shown().forEach(s => drawFigure($('figures').querySelector(`[data-key=${s.key}]`), s, back));
	text($('when'), back === 0 ? 'now' : `${back} s ago`);
	$('back').setAttribute('aria-valuetext', $('when').textContent);
}

// ---- Panels.

const STATES = {syn_received: 'plum', established: 'sea', close_wait: 'amber', fin_wait_1: 'foam',
	fin_wait_2: 'leaf', closing: 'stone1', last_ack: 'gate', time_wait: 'dim'};

function drawConnections() {
	const items = Object.keys(now.connections).filter(k => k !== 'total').map(k =>
		({key: k, label: words(k).toUpperCase(), value: now.connections[k], color: STATES[k] || 'foam'}));
	strip($('states'), $('states-key'), items, 'connections by state');
	text($('n-total'), `${short(now.connections.total)} by state`);
}
const LISTENERS = 4; // that are shown
function drawDefence() {
	const {half_open} = now.pools, pressed = now.workers_under_syn_pressure;
	text($('n-syn'), pressed ? `pressure on ${pressed} of ${now.workers}` : 'no pressure');
	meters($('halfopen'), [{key: 0, label: 'Half-open', share: half_open.in_use / Math.max(1, half_open.limit),
		value: `${short(half_open.in_use)} of ${short(half_open.limit)}`}]);
	pairs($('cookies'), ['issued', 'accepted', 'refused', 'stale'].map(k => ({key: k, label: `Cookies ${k}`,
		each: perSecond(counted('cookies_' + k)), value: short(now.counters['cookies_' + k]),
		note: sentences.counters['cookies_' + k]})).concat({key: 'refusals', label: 'SYNs refused',
		each: perSecond(sum(SYNS.map(dropped))), value: short(sum(SYNS.map(k => now.drops[k] ?? 0)))}));
	const listeners = now.listeners ?? [], keys = now.syn_cookies;
	pairs($('listeners'), listeners.slice(0, LISTENERS).map((l, i) => ({key: i,
		label: `${l.address === 'any' ? '' : l.address + ' '}port ${l.port}`, each: l.active_workers ? 'in use' : '',
		value: l.syn_cookies, note: `SYN cookies of this listener: ${l.syn_cookies}`})).concat(keys ? {key: 'keys',
		label: 'Keys', each: !keys.usable ? 'none' : keys.keys === 'fleet' && !keys.clock_synchronised &&
		!keys.clock_trusted ? 'clock not synchronised' : '', value: keys.keys} : []));
}
const MOVED = [['rx_frames', 'Frames received'], ['tx_frames', 'Frames sent'], ['retransmits', 'Sent again'],
	['steered_out', 'Handed to another worker']];
function drawWorkers() {
	meters($('workers'), now.per_worker.map((w, i) => ({key: i, share: w.load_percent / 100,
		label: `Worker ${i}${w.syn_pressure ? ', under pressure' : ''}`,
		value: `${w.load_percent}\u2009% · ${short(w.connections.total)}`})));
	pairs($('moved'), MOVED.map(([k, label]) => ({key: k, label, each: perSecond(counted(k)), value: short(now.counters[k]),
		note: sentences.counters[k]})));
}
const DROPS = 8; // reasons that are shown
function drawDrops() {
	const items = Object.entries(now.drops).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
	const most = items[0]?.[1];
	list($('drops'), items.slice(0, DROPS).map(([key, n]) => ({key, n})), ({key}) => {
		const [severity, sentence] = sentences.drops[key] || ['INFO', ''];
		return make(`li.${severity}`, {}, make('span', {}, words(key), make('span.tag', {}, severity.toLowerCase())),
			make('span.bar', {'aria-hidden': true}, make('i')), make('span.rate'), make('b'), make('span.why', {}, sentence));
	}, (e, {key, n}) => {
		e.children[1].firstChild.style.transform = `scaleX(${Math.max(.004, n / most)})`;
		text(e.children[2], perSecond(dropped(key)));
		text(e.children[3], short(n));
	});
	text($('n-drops'), `${short(now.drops_total)} in all, ${short(now.rates.drops)}\u2009/s`);
	text($('more'), items.length === 0 ? 'None: every frame found its way.' :
		items.length > DROPS ? `and ${items.length - DROPS} more, in the tables below` : '');
}
function drawPools() {
	meters($('pools'), Object.entries(now.pools).map(([key, {in_use, limit}]) => ({key, label: words(key),
		share: in_use / Math.max(1, limit), value: `${short(in_use)} of ${short(limit)}`})));
	pairs($('limits'), Object.entries(now.limits ?? {}).filter(([, l]) => l.hits > 0).map(([key, {limit, hits}]) => ({key,
		label: `limit of ${words(key)}`, value: `${short(hits)} hits`, note: `The limit is ${grouped.format(limit)}.`})));
}
const CLASSES = {1: 'stone1', 2: 'sea', 3: 'leaf', 4: 'amber', 5: 'gate'};
function drawAnswers() {
	const items = Object.entries(now.counters).filter(([k, n]) => /^http_\d/.test(k) && n > 0).map(([k, n]) =>
		({key: k, label: k.slice(5), value: n, color: CLASSES[k[5]]}));
	strip($('codes'), $('codes-key'), items, 'answers by status');
	text($('n-http'), `${short(now.counters.http_requests)} by status`);
}
function drawFacts() {
	$('metrics').hidden = !now.latency; // they came together
	const {port} = now, speed = port.speed_mbps ? ` at ${short(port.speed_mbps * 1e6)}bit/s` : '';
	list($('facts'), [['version', now.version], [port.name, `${port.link_up ? 'up' : 'down'}${speed}`],
		['up for', span(now.uptime_seconds)]].map(([key, value]) => ({key, value})),
	({key}) => make('span', {}, key + ' ', make('b')), (e, {value}) => text(e.lastChild, value));
}

// ---- Tables: what the charts show, for those who would rather read.

function table(e, caption, heads, rows) {
	e.replaceChildren(make('caption', {}, caption),
		make('thead', {}, make('tr', {}, ...heads.map(h => make('th', {scope: 'col'}, h)))),
		make('tbody', {}, ...rows.map(([head, ...cells]) => make('tr', {}, make('th', {scope: 'row'}, head),
			...cells.map(c => typeof c === 'number' ? make('td', {}, grouped.format(c)) : make('td.why', {}, c))))));
}
function drawTables() {
	if (!$('tables').open)
		return;
	const end = history.at(-1).t, rows = [];
	for (let back = 0; back < SPAN; back += 15) {
		const part = history.filter(p => p.t <= end - back && p.t > end - back - 15);
		if (part.length)
			rows.push([`${back} to ${back + 15} s ago`, ...series.map(s => sum(part.map(p => p[s.key])) / part.length)]);
	}
	table($('t-rates'), 'Means of fifteen seconds', ['When', 'Requests/s', 'Opened/s', 'SYNs/s', 'Out, bit/s',
		'Drops/s', 'p99, µs', 'p50, µs', 'Cookies/s', 'In, bit/s', 'Connections'], rows);
	table($('t-counters'), 'Everything counted since the start', ['Counter', 'Count', 'Meaning'],
		[...Object.entries(now.drops).map(([k, n]) => [k, n, sentences.drops[k]?.[1] ?? '']),
			...Object.entries(now.counters).map(([k, n]) => [k, n, sentences.counters[k] ?? ''])].filter(r => r[1] > 0));
}

// ---- Once a second.

let paused = false, asking = false;

async function ask() {
	const abort = new AbortController(), timer = setTimeout(() => abort.abort(), 3000);
	asking = true;
	try {
		const answer = await fetch('/status', {cache: 'no-store', signal: abort.signal});
		if (answer.ok)
			take(await answer.json());
	} catch {
		// drawState tells since when.
	}
	clearTimeout(timer);
	asking = false;
}
function draw() {
	drawState();
	if (!now || root.dataset.state === 'lost')
		return;
	for (const part of [drawFacts, drawScene, drawFigures, drawConnections, drawDefence, drawWorkers, drawDrops,
		drawPools, drawAnswers, drawTables])
		part();
}
async function tick() {
	if (!paused && !asking && !document.hidden) {
		await ask();
		draw();
	} else
		drawState();
}

$('pause').addEventListener('click', () => {
	paused = !paused;
	$('pause').setAttribute('aria-pressed', paused);
	text($('pause'), paused ? 'Resume' : 'Pause');
	tick();
});
$('back').addEventListener('input', drawFigures);
$('tables').addEventListener('toggle', () => now && drawTables());

const THEMES = ['auto', 'light', 'dark'];
function setTheme(theme) {
	root.dataset.theme = theme;
	text($('theme'), `Theme: ${theme}`);
}
$('theme').addEventListener('click', () => {
	const next = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
	setTheme(next);
	try {
		localStorage.setItem('theme', next);
	} catch {
		// Not remembered, then.
	}
});
let theme = null;
try {
	theme = localStorage.getItem('theme');
} catch {
	// Not remembered.
}
setTheme(THEMES.includes(theme) ? theme : 'auto');
setScene();
setFigures();
document.addEventListener('visibilitychange', tick);
setInterval(tick, 1000);
tick();
})();
