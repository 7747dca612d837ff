import { useState } from 'preact/hooks';
import { ApiError } from '../data/api.ts';
import { setup, signIn } from '../data/session.ts';
import { Fault, PasswordField, TextField } from '../parts/field.tsx';
import { Plain } from '../shell/frame.tsx';

export const SignInPage = () => {
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [failed, setFailed] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    setFailed(null);
    await signIn(login.trim(), password).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error.message);
    });
    setBusy(false);
  };
  return (
    <Plain {...(setup.value ? { subtitle: setup.value.hostname } : {})}>
      <form
        class="sign-in panel"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h1 class="hero">Sign in</h1>
        <TextField label="Login" value={login} onChange={setLogin} autocomplete="username" autofocus />
        <PasswordField value={password} onChange={setPassword} autocomplete="current-password" />
        {failed ? <Fault>{failed}</Fault> : null}
        <button type="submit" class="button primary big" disabled={busy || !login || !password}>
          Sign in
        </button>
      </form>
    </Plain>
  );
};
