// How a parcel leaves this host: one carrier for each way.
import type { Answer, Parcel } from '../alerts/notifiers/notifier.ts';
import { post } from './http.ts';

/** Resolves with what the receiver says; rejects when there was no answer. Mail and MQTT are loaded when they are first used. */
export const send = async (parcel: Parcel & { readonly signal: AbortSignal }): Promise<Answer> => {
  switch (parcel.by) {
    case 'http':
      return post(parcel);
    case 'smtp':
      return (await import('./smtp.ts')).mail(parcel);
    case 'mqtt':
      return (await import('./mqtt.ts')).publish(parcel);
    default:
      return parcel satisfies never;
  }
};
