/**
 * Plans: what a call will cost and promise, said before it runs. Every `planX` returns an extension of this, plain and printable.
 * Source: Subquad's own convention.
 */
export interface Plan {
  /** The method that will run. */
  readonly method: string;
  readonly predicted: {
    /** In the units of the certificate's bound; absent where the theorem gives no figure beforehand. */
    readonly error?: number;
    /** One thread, by the committed ratio table; a calibration may scale it, and never changes which method runs. */
    readonly seconds: number;
    /** Working memory beside inputs and outputs. */
    readonly bytes: number;
  };
  /** The candidates that lost, and why. */
  readonly rejected: readonly { readonly method: string; readonly reason: string }[];
}
