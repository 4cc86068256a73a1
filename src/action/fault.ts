/** Thrown by the parser of an input whose text is not valid. The message says what the input takes instead. */
export class Fault extends Error {
  /**
   * What is wrong, in sentences without the input's name and without a full stop. The parameter is the input's text as
   * it may be shown: in quotes, or withheld.
   */
  readonly sentences: (shownText: string) => readonly string[];

  constructor(takes: string, sentences?: (shownText: string) => readonly string[]) {
    super(takes);
    this.sentences = sentences ?? ((shownText) => [`got ${shownText}; takes ${takes}`]);
  }
}
