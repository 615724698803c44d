/** Calls the app where it may answer in several ways, and takes the first. How it fails after that goes to `failedLate`. */
export function firstAnswer<Answer>(
  call: (answer: (value: Answer) => void, refuse: (error: unknown) => void) => unknown,
  failedLate: (error: unknown) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    const answer = (value: Answer): void => {
      isAnswered = true;
      resolve(value);
    };
    const refuse = (error: unknown): void => {
      isAnswered = true;
      reject(error);
    };
    const fail = (error: unknown): void => (isAnswered ? failedLate(error) : refuse(error));
    try {
      Promise.resolve(call(answer, refuse)).catch(fail);
    } catch (error) {
      fail(error);
    }
  });
}
