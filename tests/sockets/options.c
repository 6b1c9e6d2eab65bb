/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * Socket options, and TCP_INFO: what a script may ask about a connection.
 */
#include <errno.h>
#include <linux/tcp.h>

#include "base/seq.h"
#include "sockets.h"
#include "tcp/tcp_internal.h"

#define MSS_DEFAULT 536 /* before the peer's is known */

#define INFO_SYN_DATA 32 /* tcpi_options */

#define INFO_OPEN     0 /* tcpi_ca_state */
#define INFO_DISORDER 1
#define INFO_RECOVERY 3
#define INFO_LOSS     4

static int
fail(int error)
{
	errno = error;
	return -1;
}

static struct tg_tcp_config *
config(void)
{
	return &sockets.stack.config;
}

/* The MSS belongs to the whole stack: one script, one value. */
static int
set_maxseg(int mss)
{
	if (mss < 88 || mss > 32767)
		return fail(EINVAL);
	config()->mss4 = (uint16_t)TG_MIN(mss, config()->mss4);
	config()->mss6 = (uint16_t)TG_MIN(mss, config()->mss6);
	return 0;
}

void
sockets_apply_options(const struct tg_socket *s)
{
	struct tg_tcp *tcp = &sockets.stack.tcp;

	if (s->kind != SOCKET_CONNECTED)
		return;
	tg_tcp_set_nagle(tcp, s->h, s->nagle);
	if (s->keep_alive != ((tg_tcp_tcb(tcp, s->h)->flags & TG_TCB_KEEP_ALIVE) != 0))
		tg_tcp_set_keep_alive(tcp, s->h, s->keep_alive, sockets.stack.now);
}

/* Like the MSS these belong to the whole stack. */
static int
set_keep_alive_timer(int name, int value)
{
	struct tg_tcp_timers *timers = &config()->timers;

	if (value < 1 || value > INT16_MAX)
		return fail(EINVAL);
	if (name == TCP_KEEPIDLE)
		timers->keep_alive = tg_ticks_from_ms((uint32_t)value * 1000);
	else if (name == TCP_KEEPINTVL)
		timers->keep_alive_interval = tg_ticks_from_ms((uint32_t)value * 1000);
	else
		timers->keep_alive_probes = (uint8_t)TG_MIN(value, UINT8_MAX);
	return 0;
}

static int
set_linger(struct tg_socket *s, const void *value, socklen_t len)
{
	struct linger linger;

	if (len < sizeof(linger))
		return fail(EINVAL);
	memcpy(&linger, value, sizeof(linger));
	s->linger_0 = linger.l_onoff != 0 && linger.l_linger == 0;
	return 0;
}

static int
set_socket_option(struct tg_socket *s, int name, int value)
{
	switch (name) {
	case SO_SNDBUF: /* doubled, as Linux does and scripts check */
		s->sndbuf = 2 * (uint32_t)value;
		return 0;
	case SO_RCVBUF:
		s->rcvbuf = 2 * (uint32_t)value;
		return 0;
	case SO_KEEPALIVE:
		s->keep_alive = value != 0;
		sockets_apply_options(s);
		return 0;
	case SO_REUSEADDR:
	case SO_REUSEPORT:
	case SO_MARK:
	case SO_PRIORITY:
		return 0;
	}
	return fail(ENOPROTOOPT);
}

/* TCP_FASTOPEN and TCP_FASTOPEN_CONNECT, where Fast Open is not switched off. */
static int
set_fast_open(struct tg_socket *s, int name, int value)
{
	uint32_t wanted =
	    name == TCP_FASTOPEN ? SOCKETS_FAST_OPEN_SERVER : SOCKETS_FAST_OPEN_CLIENT;

	if ((sockets.fast_open & wanted) == 0)
		return fail(EOPNOTSUPP);
	if (name == TCP_FASTOPEN_CONNECT) {
		s->fast_open_connect = value != 0;
		return 0;
	}
	s->fast_open = value != 0;
	sockets_listen_fast_open(s);
	return 0;
}

/* 16 bytes, least significant first. */
static int
set_cookie_key(struct tg_socket *s, const void *value, socklen_t len)
{
	if (len != sizeof(s->cookie_key))
		return fail(EINVAL);
	memcpy(&s->cookie_key, value, sizeof(s->cookie_key));
	s->has_cookie_key = true;
	sockets_listen_fast_open(s);
	return 0;
}

static int
set_tcp_option(struct tg_socket *s, int name, int value)
{
	switch (name) {
	case TCP_MAXSEG:
		return set_maxseg(value);
	case TCP_NODELAY: /* on from the start: scripts count on segments that leave at once */
		s->nagle = value == 0;
		sockets_apply_options(s);
		return 0;
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
		return set_keep_alive_timer(name, value);
	case TCP_QUICKACK:
		return 0;
	case TCP_INQ:
		s->inq = value != 0;
		return 0;
	case TCP_USER_TIMEOUT:
		s->user_timeout_ms = (uint32_t)value;
		return 0;
	case TCP_NOTSENT_LOWAT:
		s->notsent_lowat = (uint32_t)value;
		return 0;
	case TCP_FASTOPEN:
	case TCP_FASTOPEN_CONNECT:
		return set_fast_open(s, name, value);
	case TCP_SYNCNT: /* as the MSS */
		sockets.syn_retries = config()->timers.syn_retries = (uint8_t)value;
		return 0;
	}
	return fail(ENOPROTOOPT);
}

int
sockets_setsockopt(struct tg_socket *s, int level, int name, const void *value, socklen_t len)
{
	int number;

	if (level == IPPROTO_IP || level == IPPROTO_IPV6)
		return 0;
	if (level == SOL_SOCKET && name == SO_LINGER)
		return set_linger(s, value, len);
	if (level == IPPROTO_TCP && name == TCP_FASTOPEN_KEY)
		return set_cookie_key(s, value, len);
	if (len < sizeof(number))
		return fail(EINVAL);
	memcpy(&number, value, sizeof(number));
	if (level == SOL_SOCKET)
		return set_socket_option(s, name, number);
	return level == IPPROTO_TCP ? set_tcp_option(s, name, number) : fail(ENOPROTOOPT);
}

/* ---- TCP_INFO. */

static const uint8_t info_state[TG_TCP_STATES] = {
	[TG_TCP_CLOSED] = 7,
	[TG_TCP_LISTEN] = 10,
	[TG_TCP_SYN_SENT] = 2,
	[TG_TCP_SYN_RECEIVED] = 3,
	[TG_TCP_ESTABLISHED] = 1,
	[TG_TCP_FIN_WAIT_1] = 4,
	[TG_TCP_FIN_WAIT_2] = 5,
	[TG_TCP_CLOSE_WAIT] = 8,
	[TG_TCP_CLOSING] = 11,
	[TG_TCP_LAST_ACK] = 9,
	[TG_TCP_TIME_WAIT] = 6,
};

static uint32_t
effective_mss(const struct tg_tcb *t)
{
	if (t->mss == 0)
		return MSS_DEFAULT;
	return t->mss - ((t->flags & TG_TCB_TIMESTAMPS) != 0 ? 12U : 0);
}

/* Text that the peer reported beyond SND.UNA. */
static uint32_t
sacked_bytes(const struct tg_side *s)
{
	uint32_t bytes = 0;
	uint8_t i;

	for (i = 0; i < s->n_sacked; i++)
		bytes += s->loss->sacked[i].right - s->loss->sacked[i].left;
	return bytes;
}

/* In segments of full size, as the stack counts. The SYN is one, and so is the FIN. */
static uint32_t
segments(uint32_t bytes, uint32_t mss)
{
	return (bytes + mss - 1) / mss;
}

/* Resent, and neither acknowledged nor reported. */
static uint32_t
resent_bytes(const struct tg_tcb *t, const struct tg_side *s)
{
	uint32_t bytes = 0;
	uint8_t i;

	for (i = 0; i < s->n_runs; i++) {
		uint32_t left = tg_seq_max(s->loss->run[i].left, t->snd_una);
		uint32_t end = tg_run_end(t, s, i);

		if (s->loss->run[i].resent && tg_seq_lt(left, end))
			bytes += end - left -
				 (tg_sack_bytes_below(s, end) - tg_sack_bytes_below(s, left));
	}
	return bytes;
}

static void
side_info(const struct tg_tcb *t, const struct tg_side *s, struct tcp_info *info)
{
	uint32_t sent = tg_seq_min(s->snd_end, t->snd_nxt);

	info->tcpi_ca_state = s->recovering                        ? INFO_RECOVERY
			      : t->retries != 0 && t->snd_wnd != 0 ? INFO_LOSS
			      : s->dup_acks != 0                   ? INFO_DISORDER
								   : INFO_OPEN;
	info->tcpi_backoff = s->backoff;
	info->tcpi_retransmits = t->retries;
	info->tcpi_probes = t->snd_wnd == 0 ? t->retries : 0;
	info->tcpi_notsent_bytes = s->snd_end - sent;
	info->tcpi_sacked = segments(sacked_bytes(s), effective_mss(t));
	if ((t->flags & TG_TCB_SACK) != 0 && s->n_runs != 0) {
		uint32_t resent = resent_bytes(t, s), lost = tg_rack_lost_bytes(t, s);

		info->tcpi_retrans = segments(resent, effective_mss(t));
		info->tcpi_lost = segments(resent + lost, effective_mss(t));
		info->tcpi_min_rtt = s->loss->rack.min_rtt * 1024 / 1000;
	}
}

static void
connection_info(const struct tg_tcp *tcp, uint32_t h, struct tcp_info *info)
{
	const struct tg_tcb *t = tg_tcp_tcb(tcp, h);
	uint32_t mss = effective_mss(t);

	info->tcpi_state = info_state[t->state];
	if ((t->flags & TG_TCB_TIMESTAMPS) != 0)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if ((t->flags & TG_TCB_SACK) != 0)
		info->tcpi_options |= TCPI_OPT_SACK;
	if ((t->flags & TG_TCB_WSCALE) != 0) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = t->snd_wscale;
		info->tcpi_rcv_wscale = config()->window_scale & 15;
	}
	info->tcpi_snd_mss = mss;
	info->tcpi_advmss = tg_tcp_is_ipv6(tcp, h) ? config()->mss6 : config()->mss4;
	info->tcpi_unacked = (t->snd_nxt - t->snd_una + mss - 1) / mss;
	info->tcpi_rtt = tg_sf16_decode(t->srtt);
	info->tcpi_rttvar = tg_sf16_decode(t->rttvar);
	info->tcpi_snd_cwnd = t->cwnd;
	info->tcpi_snd_ssthresh = t->ssthresh == UINT16_MAX ? INT32_MAX : t->ssthresh;
	info->tcpi_reordering = 3;
	if (t->side != TG_HANDLE_NONE)
		side_info(t, &tcp->side[t->side], info);
}

/* What the socket knows of its past. */
static void
socket_info(const struct tg_socket *s, struct tcp_info *info)
{
	const struct tg_tcb *t = tg_tcp_tcb(&sockets.stack.tcp, s->h);
	uint32_t acked = s->opening || s->pending ? 0 : t->snd_una - s->start;

	info->tcpi_bytes_acked = acked;
	info->tcpi_delivered = s->opening || s->pending
				   ? 0
				   : 1 + segments(acked, effective_mss(t)) + info->tcpi_sacked;
	info->tcpi_busy_time = s->busy / 1000;
	info->tcpi_rwnd_limited = s->rwnd_limited / 1000;
	info->tcpi_last_data_recv = (uint32_t)((sockets.stack.now - s->heard) / TG_NS_PER_MS);
}

/* The caller may know more fields than our headers: the rest reads as zero. */
static int
get_info(const struct tg_socket *s, void *value, const socklen_t *len)
{
	struct tcp_info info = { .tcpi_state = info_state[TG_TCP_CLOSED] };

	if (s->kind == SOCKET_CONNECTED) {
		connection_info(&sockets.stack.tcp, s->h, &info);
		socket_info(s, &info);
	} else if (s->kind == SOCKET_LISTENING)
		info.tcpi_state = info_state[TG_TCP_LISTEN];
	if (s->syn_data)
		info.tcpi_options |= INFO_SYN_DATA;
	memset(value, 0, *len);
	memcpy(value, &info, TG_MIN(*len, sizeof(info)));
	return 0;
}

/* ---- Numbers. */

static bool
number_of(struct tg_socket *s, int level, int name, int *number)
{
	if (level == SOL_SOCKET && name == SO_ERROR) {
		*number = s->error;
		s->error = 0;
	} else if (level == SOL_SOCKET && name == SO_SNDBUF)
		*number = (int)s->sndbuf;
	else if (level == SOL_SOCKET && name == SO_RCVBUF)
		*number = (int)s->rcvbuf;
	else if (level == SOL_SOCKET && name == SO_TYPE)
		*number = SOCK_STREAM;
	else if (level == IPPROTO_TCP && name == TCP_MAXSEG)
		*number = s->kind == SOCKET_CONNECTED
			      ? (int)effective_mss(tg_tcp_tcb(&sockets.stack.tcp, s->h))
			      : config()->mss4;
	else if (level == IPPROTO_TCP && name == TCP_USER_TIMEOUT)
		*number = (int)s->user_timeout_ms;
	else if (level == IPPROTO_TCP && name == TCP_NOTSENT_LOWAT)
		*number = (int)s->notsent_lowat;
	else if (level == IPPROTO_TCP && name == TCP_NODELAY)
		*number = !s->nagle;
	else
		return false;
	return true;
}

int
sockets_getsockopt(struct tg_socket *s, int level, int name, void *value, socklen_t *len)
{
	int number;

	if (level == IPPROTO_TCP && name == TCP_INFO)
		return get_info(s, value, len);
	if (level == IPPROTO_TCP && name == TCP_CC_INFO) { /* read with every assertion, as */
		*len = 0;
		return 0;
	}
	if (level == SOL_SOCKET && name == SO_MEMINFO) { /* this is; nobody looks at either */
		memset(value, 0, *len);
		return 0;
	}
	if (!number_of(s, level, name, &number))
		return fail(ENOPROTOOPT);
	*len = TG_MIN(*len, (socklen_t)sizeof(number));
	memcpy(value, &number, *len);
	return 0;
}
