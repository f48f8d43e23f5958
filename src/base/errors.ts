/** The `code` of an {@link InvalidTokenError}: what is wrong with the token. */
export type TokenErrorCode =
  | "ERR_PERMID64_INVALID_TOKEN"
  | "ERR_PERMID64_TOKEN_PREFIX"
  | "ERR_PERMID64_TOKEN_CHECK"
  | "ERR_PERMID64_TOKEN_EPOCH"
  | "ERR_PERMID64_TOKEN_FOREIGN";

/** The stable `code` of every error this library throws. */
export type ErrorCode =
  | TokenErrorCode
  | "ERR_PERMID64_INVALID_TYPE"
  | "ERR_PERMID64_UNKNOWN_OPTION"
  | "ERR_PERMID64_OUT_OF_RANGE"
  | "ERR_PERMID64_INVALID_CONFIG"
  | "ERR_PERMID64_TOKENS_REJECTED"
  | "ERR_PERMID64_CLOSED"
  | "ERR_PERMID64_ENGINE_UNAVAILABLE"
  | "ERR_PERMID64_COUNTER_UNAVAILABLE"
  | "ERR_PERMID64_COUNTER_BUSY"
  | "ERR_PERMID64_COUNTER_TIMEOUT"
  | "ERR_PERMID64_COUNTER_NOT_INITIALIZED"
  | "ERR_PERMID64_COUNTER_CORRUPT"
  | "ERR_PERMID64_COUNTER_CONFIG"
  | "ERR_PERMID64_COUNTER_ROLLBACK"
  | "ERR_PERMID64_COUNTER_EXHAUSTED"
  | "ERR_PERMID64_COUNTER_INVALID_BLOCK";

/**
 * A text is not a token (or UUID) of the kind that was asked for. `code` tells why; the message shows the text.
 *
 * @example
 * ```ts
 * import { InvalidTokenError, PublicId } from "permid64";
 *
 * const key = "000102030405060708090a0b0c0d0e0f"; // process.env.PERMID64_KEY
 * const orderId = new PublicId({ key, type: "order", prefix: "ord" });
 * try {
 *   orderId.decode("usr_0d5WiMPqqcI");
 * } catch (error) {
 *   (error as InvalidTokenError).code; // => "ERR_PERMID64_TOKEN_PREFIX"
 * }
 * ```
 */
export class InvalidTokenError extends SyntaxError {
  readonly code: TokenErrorCode;

  /** @internal */
  constructor(code: TokenErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  override get name() {
    return "InvalidTokenError";
  }
}

/**
 * A state of the world that keeps an id from being issued: the base of the classes below. Wrong arguments are
 * `TypeError`, `RangeError` and `SyntaxError` instead, with a `code` too.
 */
export abstract class PermId64Error extends Error {
  abstract readonly code: ErrorCode;

  /** Whether the same call may succeed later without anyone stepping in. */
  readonly retryable: boolean = false;
}

/** The generator or counter has been closed. */
export class ClosedError extends PermId64Error {
  override readonly code = "ERR_PERMID64_CLOSED";

  override get name() {
    return "ClosedError";
  }
}

/** WebAssembly was asked for, and cannot start here; `cause` is the runtime's own error. */
export class EngineUnavailableError extends PermId64Error {
  override readonly code = "ERR_PERMID64_ENGINE_UNAVAILABLE";

  override get name() {
    return "EngineUnavailableError";
  }
}

/** The `accept` function of a generator rejected so many tokens in a row that it may reject all. */
export class TokensRejectedError extends PermId64Error {
  override readonly code = "ERR_PERMID64_TOKENS_REJECTED";

  override get name() {
    return "TokensRejectedError";
  }
}

/** The counter's store cannot be written right now: a full disk, a missing folder, a read-only file. */
export class CounterUnavailableError extends PermId64Error {
  override readonly code = "ERR_PERMID64_COUNTER_UNAVAILABLE";
  override readonly retryable = true;

  override get name() {
    return "CounterUnavailableError";
  }
}

/** Another process held the store for longer than the counter waits; or too many calls wait for numbers already. */
export class CounterBusyError extends PermId64Error {
  override readonly code = "ERR_PERMID64_COUNTER_BUSY";
  override readonly retryable = true;

  override get name() {
    return "CounterBusyError";
  }
}

/** The counter did not answer in time. What it may have reserved meanwhile is a gap. */
export class CounterTimeoutError extends PermId64Error {
  override readonly code = "ERR_PERMID64_COUNTER_TIMEOUT";
  override readonly retryable = true;

  override get name() {
    return "CounterTimeoutError";
  }
}

/** The store, or this instance's row in it, does not exist and may not be created. */
export class CounterNotInitializedError extends PermId64Error {
  override readonly code = "ERR_PERMID64_COUNTER_NOT_INITIALIZED";

  override get name() {
    return "CounterNotInitializedError";
  }
}

/** The store is not one of ours, or not as we left it: empty, truncated, foreign, edited, too new. */
export class CounterCorruptError extends PermId64Error {
  override readonly code = "ERR_PERMID64_COUNTER_CORRUPT";

  override get name() {
    return "CounterCorruptError";
  }
}

/**
 * The store was used under another layout or permutation, whose ids could collide with these; or it is set up so that it
 * cannot promise to keep what is written to it.
 */
export class CounterConfigError extends PermId64Error {
  override readonly code = "ERR_PERMID64_COUNTER_CONFIG";

  override get name() {
    return "CounterConfigError";
  }
}

/** The store offers numbers that were handed out before: it was restored, replaced or edited. */
export class CounterRollbackError extends PermId64Error {
  override readonly code = "ERR_PERMID64_COUNTER_ROLLBACK";

  override get name() {
    return "CounterRollbackError";
  }
}

/** Every sequence number of this instance has been handed out. It never wraps: move to a fresh instance id. */
export class CounterExhaustedError extends PermId64Error {
  override readonly code = "ERR_PERMID64_COUNTER_EXHAUSTED";

  override get name() {
    return "CounterExhaustedError";
  }
}

/** A counter broke its contract: its block is reversed, too long, or not made of bigints. */
export class CounterInvalidBlockError extends PermId64Error {
  override readonly code = "ERR_PERMID64_COUNTER_INVALID_BLOCK";

  override get name() {
    return "CounterInvalidBlockError";
  }
}
