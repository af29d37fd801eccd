/**
 * The client: the methods that an app calls, and the events that it gets.
 *
 * It makes the parts that own one thing each, ties them together, and passes on events. It holds one session and one call at
 * most. A lost connection to the server ends neither the wait nor the call: the link reconnects, and media goes its own way.
 */
import type { AgeClass, Invite, ReportCall, User, Watch } from "../generated/protocol.js";
import type { Device, Environment, InputKind } from "./environment.js";
import { Emitter } from "./events.js";
import type { MediaState } from "./flow.js";
import type { SignalingState } from "./link.js";
import type { Login } from "./login.js";
import type { ChatLine, ClientEvents, ClientOptions, PeerState, SeekOptions } from "./options.js";
import type { makeAccount, makeHistory, makeProfile } from "./people.js";
import type { CallQuality } from "./quality.js";
import type { CallState } from "./state.js";
export declare class Client<Stream> extends Emitter<ClientEvents<Stream>> {
    #private;
    constructor(env: Environment<Stream>, options?: ClientOptions);
    get state(): CallState;
    get signaling(): SignalingState;
    get user(): User | null;
    /** For what has no method here: `client.login.ask("GET", "users")` asks the HTTP interface as who we are. */
    get login(): Login;
    /** From a guest to an account, and who may use it. */
    get account(): ReturnType<typeof makeAccount>;
    /** The profiles that people in a call see of each other. */
    get profile(): ReturnType<typeof makeProfile>;
    /** The calls that were, and the people whom one blocked. */
    get history(): ReturnType<typeof makeHistory>;
    get localStream(): Stream | null;
    get remoteStream(): Stream | null;
    get microphoneOn(): boolean;
    get cameraOn(): boolean;
    /** Whether a screen is shown in the camera's place. */
    get isSharing(): boolean;
    /** Whether the picture is kept small, to save data. */
    get savesData(): boolean;
    /** Whether the other side's picture and sound come, once they have. */
    get mediaState(): MediaState;
    /** The other person of this call, or of the last one. */
    get peer(): PeerState;
    /** How the call is going; `null` before its first second, and after it. */
    get quality(): CallQuality | null;
    /** The lines of this call, or of the last one, oldest first: the last 200. */
    get chat(): readonly ChatLine[];
    /** Whether this tab was in a call before its page was loaded anew, as far as it knows: see `comeBack`. */
    get hasCall(): boolean;
    /** Comes back as who we were in this tab or browser, or becomes a new guest. Safe to call twice. */
    signIn(options?: {
        age?: AgeClass;
    }): Promise<User>;
    /** Comes back as who we were, and makes no guest of nobody: `null` then. */
    restore(): Promise<User | null>;
    /** Answers the age question: once, for good. */
    setAge(age: AgeClass): Promise<User>;
    /** Opens camera and microphone; `wishes` are `MediaStreamConstraints` in a browser. */
    startMedia(wishes?: unknown): Promise<Stream>;
    /** Closes camera and microphone, and with them the wait or the call. */
    stopMedia(): void;
    setMicrophone(on: boolean): void;
    setCamera(on: boolean): void;
    /** Keeps our picture small, to save data; as the browser's setting says if never called. */
    setDataSaver(on: boolean): void;
    /** Cameras, microphones and speakers; without names until the person has allowed one. */
    devices(): Promise<readonly Device[]>;
    /** Takes another camera or microphone, also in mid-call. */
    useDevice(device: {
        kind: InputKind;
        id: string;
    }): Promise<void>;
    /** Shows a screen or window, which the person chooses, in the camera's place. */
    shareScreen(): Promise<void>;
    /** Shows the camera again. */
    stopSharing(): void;
    /** Connects and looks for addresses now, so that the next `seek` or `join` is quick. Wants media open. */
    prepare(): Promise<void>;
    /**
     * Goes on with the call that this tab was in before its page was loaded anew: signs in, opens media and takes the call again.
     * False if there is none; a call that has ended meanwhile becomes `ended`.
     */
    comeBack(wishes?: unknown): Promise<boolean>;
    /** Waits for a stranger. */
    seek(options?: SeekOptions): Promise<void>;
    /** Joins an invite and waits for the other person. */
    join(invite: string, options?: Pick<SeekOptions, "relay">): Promise<void>;
    /** Stops waiting. */
    cancel(): void;
    /** Leaves the call and waits for the next person, in one step. */
    next(options?: SeekOptions): void;
    /** Ends the call; `media_denied` says for its record that camera and microphone were denied. */
    hangUp(cause?: "media_denied" | object): void;
    /** From the end of a call back to the start of the next: `ended` becomes `media-ready`, or `idle`. */
    dismiss(): void;
    /** Sends a line of text to the other person. */
    sendChat(text: string): void;
    /** Makes a link for somebody you know; both of you then `join` its code. */
    createInvite(): Promise<Invite>;
    /** Never meet the other person of this call again. */
    block(call: string): Promise<void>;
    /** Complains about the other person of this call to those who run the server, and blocks them. */
    report(call: string, report: ReportCall): Promise<void>;
    /** Says how good this call was: 1 to 5 stars. The last word counts. */
    rate(call: string, stars: number): Promise<void>;
    /**
     * Opens a session that only watches answers, for a page that calls nobody: beside whatever else this login does. Once is enough; it
     * tries until it is closed, or the login is not known any more. A page that seeks or joins later has a session that does both.
     */
    observe(): Promise<void>;
    /** Names answers whose changes `watched` tells; without a session it does nothing. A new session (`hello`) has none. */
    watch(watch: Watch): void;
    /** Ends everything. */
    close(): void;
}
