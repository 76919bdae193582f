/** The form in which exceptions travel between processes. Types only. */

import type { GPUFailure, GPUTag } from '../failure/types.js';

/** What `JSON.stringify` keeps. */
export type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

/** Fields that every error has; `errors` are those of an `AggregateError`. */
interface SerializedErrorFields {
  name: string;
  message: string;
  stack: string | null;
  cause?: Serialized;
  errors?: Serialized[];
  /** The record that native code put on the error. */
  tag?: GPUTag;
}

/** One of our exceptions. */
export interface SerializedException extends SerializedErrorFields {
  /** Version of this form. Readers accept later ones and take what they know. */
  v: number;
  kind: 'exception';
  /** Names of its classes, the most derived first: a reader takes the first that it knows. */
  classes: string[];
  code: string;
  status: number;
  /** What the class holds beyond that: `field`, `type`, `billableUnits`, `relativePath`. */
  facts?: Record<string, Serialized>;
  failure?: GPUFailure;
  /** A guard made it to refuse a call, because of an earlier failure. */
  refused?: true;
}

/** Any other error. */
export interface SerializedError extends SerializedErrorFields {
  v: number;
  kind: 'error';
  /** Node's text or a library's number. */
  code?: string | number;
  /** Name of the class that made it, where `name` does not tell. */
  class?: string;
  /** What else is read when errors are judged and answered: `errno`, `status`, `expose`, … */
  facts?: Record<string, Serialized>;
  /** Errors inside it beyond `cause` and `errors`: `suppressed`, `originalError`, `reason`, … */
  inner?: Record<string, Serialized>;
}

/** A value that is no error. */
export interface SerializedValue {
  v: number;
  /**
   * `plain`: `value` itself. `number`, `bigint`: what JSON has no word for, as text. `undefined`: no
   * value. `text`: a symbol or function as text; they cannot travel. `cut`: a cycle, or beyond the limits.
   */
  kind: 'plain' | 'number' | 'bigint' | 'undefined' | 'text' | 'cut';
  value?: Plain;
}

export type Serialized = SerializedException | SerializedError | SerializedValue;
