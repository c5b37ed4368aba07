# One image, dashboard and worker: docker build -t min-max-laboratory . && docker run -p 127.0.0.1:8501:8501 min-max-laboratory
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 lab
WORKDIR /lab
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=lab:lab engine engine
COPY --chown=lab:lab dashboard dashboard
COPY --chown=lab:lab checkpoints checkpoints
RUN mkdir -p data && chown lab:lab /lab data
USER lab
VOLUME ["/lab/checkpoints", "/lab/data"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# The address is that of the container; publish it on 127.0.0.1 as above, since whoever reaches it can launch runs.
CMD ["python", "-m", "dashboard", "--address", "0.0.0.0", "--allow-remote"]
