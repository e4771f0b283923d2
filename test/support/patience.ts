/*
 * The limits of the tests, all of them. They end what hangs, and say nothing about how fast anything is: on a machine
 * that is kept busy by others everything takes several times as long. A test that waits does so for an event.
 */

/**
 * What has shown no sign of life for so long, or a process that has not ended by then, hangs for ever. Milliseconds.
 */
export const HANG_MS = 300_000;

/** A test that takes longer hangs. Later than what it waits for, which can say better what it was. Milliseconds. */
export const TEST_HANG_MS: number = 2 * HANG_MS;
