import { checkOptions, joinNames, type OptionNames } from "../base/options.js";
import type { EngineChoice, Permutation } from "../engine/engine.js";
import type { FeistelOptions } from "../permutation/feistel.js";
import type { MultiplicativeOptions } from "../permutation/multiplicative.js";
import type { SpeckOptions } from "../permutation/speck.js";
import { decoderConfig, type Id64Config } from "./config.js";
import { Decoder } from "./decoder.js";
import { withFeistel, withIdentity, withMultiplicative, withSpeck } from "./families.js";
import { DECODER_OPTIONS, type DecoderOptions, decoderParts } from "./options.js";

const OPTIONS: OptionNames<DecoderOptions & { permutation: Permutation }> = /* @__PURE__ */ joinNames(DECODER_OPTIONS, {
  permutation: true,
});

/**
 * Decodes ids and tokens to the instance that issued them and their number there. A decoder needs the parameters of the
 * generator, but no instance id, no counter and no state.
 *
 * @example
 * ```ts
 * import { Id64Decoder } from "permid64";
 *
 * const ids = Id64Decoder.speck({ key: process.env.PERMID64_KEY, prefix: "ord" });
 * ids.decodeToken("ord_GUBoZf8up1K").instanceId; // => 42
 * ids.tryDecodeToken("from a stranger"); // => undefined
 * ```
 */
export class Id64Decoder<const Prefix extends string = string> extends Decoder<Prefix> {
  /**
   * Makes a decoder for any permutation: one of this library's, or any object with `forward` and `inverse`.
   *
   * @param options See {@link DecoderOptions}; and the `permutation`.
   * @throws TypeError or RangeError for a wrong option; EngineUnavailableError if `engine` is `"wasm"` and WebAssembly
   *   cannot start.
   */
  constructor(options: DecoderOptions<Prefix> & { permutation: Permutation }) {
    super(decoderParts(checkOptions("options", options, OPTIONS)));
  }

  /**
   * Makes a decoder for ids of {@link Id64.multiplicative}.
   *
   * @param options {@link DecoderOptions} and {@link MultiplicativeOptions}, as the generator's.
   * @throws As the constructor.
   */
  static multiplicative<const Prefix extends string = string>(
    options: DecoderOptions<Prefix> & MultiplicativeOptions = {},
  ): Id64Decoder<Prefix> {
    return new Id64Decoder<Prefix>(withMultiplicative<DecoderOptions<Prefix>>(options, DECODER_OPTIONS));
  }

  /**
   * Makes a decoder for ids of {@link Id64.feistel}. It takes any number of rounds from 1, for ids that exist.
   *
   * @param options {@link DecoderOptions} and {@link FeistelOptions}, as the generator's.
   * @throws As the constructor.
   */
  static feistel<const Prefix extends string = string>(
    options: DecoderOptions<Prefix> & FeistelOptions = {},
  ): Id64Decoder<Prefix> {
    return new Id64Decoder<Prefix>(withFeistel<DecoderOptions<Prefix>>(options, DECODER_OPTIONS));
  }

  /**
   * Makes a decoder for ids of {@link Id64.speck}.
   *
   * @param options {@link DecoderOptions} and {@link SpeckOptions}, as the generator's.
   * @throws As the constructor.
   */
  static speck<const Prefix extends string = string>(
    options: DecoderOptions<Prefix> & SpeckOptions,
  ): Id64Decoder<Prefix> {
    return new Id64Decoder<Prefix>(withSpeck<DecoderOptions<Prefix>>(options, DECODER_OPTIONS));
  }

  /**
   * Makes a decoder for ids of {@link Id64.identity}.
   *
   * @param options {@link DecoderOptions}, as the generator's.
   * @throws As the constructor.
   */
  static identity<const Prefix extends string = string>(options: DecoderOptions<Prefix> = {}): Id64Decoder<Prefix> {
    return new Id64Decoder<Prefix>(withIdentity<DecoderOptions<Prefix>>(options, DECODER_OPTIONS));
  }

  /**
   * Makes a decoder from the config of a generator.
   *
   * @param json The result of `toConfig`, or its JSON text. Instance id, block size and state file are not used.
   * @param options The `engine`; default `"auto"`.
   * @throws SyntaxError if `json` is no config; else as the constructor.
   * @example
   * ```ts
   * import { Id64, Id64Decoder, MemoryCounter } from "permid64";
   *
   * const generator = Id64.feistel({ instanceId: 42, key: 7n, counter: new MemoryCounter() });
   * const decoder = Id64Decoder.fromConfig(JSON.stringify(generator.toConfig()));
   * decoder.decodeBase62(generator.nextBase62()).instanceId; // => 42
   * ```
   */
  static fromConfig(json: Id64Config | string, options: { engine?: EngineChoice } = {}): Id64Decoder {
    const { engine = "auto" } = checkOptions("options", options, { engine: true });
    return new Id64Decoder(decoderConfig(json, engine));
  }
}
