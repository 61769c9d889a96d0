/* SPDX-License-Identifier: MIT */
/*
 * What the preload library and the launcher say to each other where a process
 * can make no report file.
 *
 * ALLOCCHECK_LAUNCHER is "PID:NAME:WORD".  NAME, without a NUL in front, is the
 * abstract name of a Unix socket (SOCK_SEQPACKET) of process PID's; a connected
 * process sends as its first packet the WORD, which nobody else can know, a NUL
 * and the name of its program.  Each further packet is the file header or one
 * record of its report, in order.  Nothing is answered.
 */
#ifndef ALCK_CONTRACT_CHANNEL_H
#define ALCK_CONTRACT_CHANNEL_H

#define ALCK_CHANNEL_VARIABLE "ALLOCCHECK_LAUNCHER"
#define ALCK_CHANNEL_WORD     32 /* characters of WORD */

#endif
