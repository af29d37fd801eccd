import type { CallboxClient, Device } from "../index.js";
export interface Devices {
    readonly cameras: readonly Device[];
    readonly microphones: readonly Device[];
    readonly speakers: readonly Device[];
    /** The ids of those in use; `null` if none is. */
    readonly camera: string | null;
    readonly microphone: string | null;
    /** Takes another, also in mid-call. */
    useDevice: CallboxClient["useDevice"];
}
export declare function useDevices(): Devices;
